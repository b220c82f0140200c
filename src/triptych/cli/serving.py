"""serve, mcp: the library over HTTP with its page, and for language models."""

from __future__ import annotations

import click

from triptych.cli.context import DONE, Context, pass_context


@click.command()
@click.option(
    "--host", metavar="ADDRESS", help="Listen on this address. Default: 127.0.0.1, this machine only."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Listen on this port. Default: 8321; 0: any free one."
)
@pass_context
def serve(context: Context, host: str | None, port: int | None) -> int:
    """Serve the library: a page to search and ask in, and an HTTP API.

    \b
      triptych serve                          this machine only: http://127.0.0.1:8321
      triptych keys add alice --grant letters:read
      triptych serve --host 0.0.0.0           others too, with their keys

    Without keys, whoever reaches the server may do everything, so it listens to this machine only. As soon as there
    are keys, they decide who may read, write and administer which collection. Stop it with Ctrl+C: what is under
    way is finished, and uploads that wait are added after the next start.
    """
    from triptych.server.run import run

    with context.open(create=True, flags={"server.host": host, "server.port": port}) as library:
        run(library, context.note)
    return DONE


@click.command()
@click.option("--allow-add", is_flag=True, help="Let the model add files to the library.")
@pass_context
def mcp(context: Context, allow_add: bool) -> int:
    """Offer the library to a language model, over standard input and output (Model Context Protocol).

    \b
    In the settings of a program that speaks MCP:
      {"command": "triptych", "args": ["--library", "DIR", "mcp"]}

    Tools: search, get_page (text and picture with boxes), ask, list_collections; with --allow-add also add. The same
    tools are offered over HTTP by triptych serve, under /mcp, to those who have a key.
    """
    from triptych.server.run import run_tools

    flags = {"server.mcp_add": True} if allow_add else None
    with context.open(create=True, flags=flags) as library:
        run_tools(library, library.settings.server)
    return DONE


COMMANDS = (serve, mcp)
