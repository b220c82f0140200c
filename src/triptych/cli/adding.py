"""add, sync, remove: what is in a library."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import click

from triptych.cli.context import DONE, FAILED, Context, as_json, collection_option, pass_context, put_json
from triptych.errors import UserError


def _tags(values: tuple[str, ...]) -> dict[str, str]:
    tags = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or not key.isidentifier():
            raise UserError(f"--tags {value!r} is not a tag. Write key=value, like --tags year=2024.")
        tags[key] = text
    return tags


def _reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--workers", type=click.IntRange(1, 256), help="Reading processes. Default: one per core."
        ),
        click.option("--no-ocr", is_flag=True, help="Read text layers only, no pixels."),
        click.option("--ocr-lang", metavar="LANG", help="Language of scans, as the OCR engine names it."),
        click.option("--ocr", "ocr_engine", metavar="ENGINE", help="OCR engine: rapidocr, tesseract, ..."),
    ):
        command = option(command)
    return command


def _reading_flags(
    workers: int | None, no_ocr: bool, ocr_lang: str | None, engine: str | None
) -> dict[str, Any]:
    return {
        "workers": workers,
        "ocr.engine": "none" if no_ocr else engine,
        "ocr.language": ocr_lang,
    }


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--collection", default="default", show_default=True, metavar="NAME", help="Where to put them.")
@click.option("--tags", multiple=True, metavar="K=V", help="A tag for every file added; may be repeated.")
@_reading_options
@as_json
@pass_context
def add(
    context: Context,
    /,
    paths: tuple[str, ...],
    collection: str,
    tags: tuple[str, ...],
    as_json: bool,
    **reading: Any,
) -> int:
    """Add files and folders.

    `-` reads a list of paths from standard input. Safe to interrupt and run again: what was printed as added is durable, and is not read twice.
    """
    flags = _reading_flags(reading["workers"], reading["no_ocr"], reading["ocr_lang"], reading["ocr_engine"])
    with context.open(create=True, flags=flags) as library:
        events = library.adding(*paths, collection=collection, tags=_tags(tags), stdin=sys.stdin.buffer)
        return _print_added(context, events, as_json)


def _print_added(context: Context, events: Any, as_json: bool) -> int:
    from triptych.cli.console import added_line, progress, summary_line
    from triptych.results import summarise

    seen = []
    begun = time.monotonic()
    with progress(not context.quiet and not as_json) as bar:
        for event in events:
            seen.append(event)
            bar.update(event)
            if as_json:
                put_json(event.to_dict())
                sys.stdout.flush()
            else:
                bar.print(added_line(event), failed=event.error is not None)
    summary = summarise(seen, time.monotonic() - begun)
    if as_json:
        put_json(summary.to_dict())
    else:
        click.echo(summary_line(summary))
    return FAILED if summary.failed else DONE


@click.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--collection", default="default", show_default=True, metavar="NAME", help="Where its files live."
)
@_reading_options
@as_json
@pass_context
def sync(context: Context, /, folder: str, collection: str, as_json: bool, **reading: Any) -> int:
    """Make the library follow a folder.

    What is new, changed, renamed or gone there becomes so here.
    """
    flags = _reading_flags(reading["workers"], reading["no_ocr"], reading["ocr_lang"], reading["ocr_engine"])
    with context.open(create=True, flags=flags) as library:
        return _print_added(context, library.syncing(folder, collection=collection), as_json)


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="ID_OR_PATH...")
@collection_option
@as_json
@pass_context
def remove(context: Context, what: tuple[str, ...], collection: str | None, as_json: bool) -> int:
    """Remove files, with all that is theirs.

    Text, vectors, index entries and the stored original go; the file that you added stays where it is.
    """
    with context.open() as library:
        return _print_added(context, library.removing(*what, collection=collection), as_json)


COMMANDS = (add, sync, remove)
