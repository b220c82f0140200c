"""The command line: parse, one call to the library, print. Results on stdout, all else on stderr.

Every command imports what it needs inside its function, so `triptych --help` is quick.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import click

from triptych import __version__
from triptych.cli import adding, asking, caring, completing, keeping, measuring, modelling, recording, serving
from triptych.cli.context import DONE, FAILED, INTERRUPTED, USAGE, Context
from triptych.errors import LibraryError, MissingPackage, TriptychError, UserError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--library",
    metavar="DIR",
    default=lambda: os.environ.get("TRIPTYCH_LIBRARY") or "triptych-library",
    help="The library's folder. Default: $TRIPTYCH_LIBRARY, else ./triptych-library.",
)
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="A TOML file of settings.")
@click.option("--quiet", is_flag=True, help="No progress and no notes.")
@click.version_option(__version__, prog_name="triptych")
@click.pass_context
def cli(context: click.Context, library: str, config: Path | None, quiet: bool) -> None:
    """Find and ask your scans, forms, reports, charts, screenshots, photos and notes.

    \b
      triptych add FOLDER
      triptych search "invoice ACME 129.50"
      triptych ask "What is the total on the ACME invoice?" --show answer.png

    Exit status: 0 done, 1 something asked for failed, 2 wrong usage, 3 nothing in the library answers.
    """
    context.obj = Context(library, config, quiet)


for module in (adding, asking, caring, measuring, modelling, serving, keeping, recording, completing):
    for command in module.COMMANDS:
        cli.add_command(command)


def _say(error: TriptychError) -> int:
    from triptych.cli.console import safe

    click.echo(f"triptych: {safe(str(error))}", err=True)
    usage = isinstance(error, UserError) and not isinstance(error, (LibraryError, MissingPackage))
    return USAGE if usage else FAILED


def _usage(error: click.UsageError) -> int:
    """What was typed wrongly, in one line, and where to read what is right."""
    from triptych.cli.console import safe

    said = error.format_message().replace("integer range", "whole number").replace("float range", "number")
    command = error.ctx.command_path if error.ctx else "triptych"
    typed = f"{command} --help"
    if isinstance(error, click.NoSuchOption) and (whole := _of_the_program(error.option_name)):
        said, typed = f"{error.option_name} stands before the command.", command.replace(" ", f" {whole} ", 1)
    click.echo(f"triptych: {safe(said)} Type: {typed}", err=True)
    return USAGE


def _of_the_program(name: str) -> str:
    """How an option that every command hears is written, `--library DIR`; "" for one that none of them is."""
    for option in cli.params:
        if name in option.opts:
            return f"{name} {option.metavar}" if option.metavar else name
    return ""


def _system(error: OSError) -> str:
    """What the system refused, in one line: a full disk, a folder that is not ours."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full; what was reported is kept. Free some space and run the same command again."
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}. Check the path and the disk, and run the same command again."


def main() -> None:
    """Run the command line; never a traceback for an input or an environment problem."""
    # One short query at a time: threads of matrix products only wait for each other (docs/log/encoders.md).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        status = cli(prog_name="triptych", standalone_mode=False)
    except click.exceptions.Exit as error:
        status = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = USAGE
    except click.UsageError as error:
        status = _usage(error)
    except click.ClickException as error:
        error.show()
        status = FAILED
    except TriptychError as error:
        status = _say(error)
    except BrokenPipeError:  # `triptych list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DONE
    except OSError as error:
        status = _say(LibraryError(_system(error)))
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            "triptych: interrupted. What was reported is kept; run the same command to go on.", err=True
        )
        status = INTERRUPTED
    sys.exit(status or DONE)


if __name__ == "__main__":
    main()
