"""add, sync, remove, caption: what is in a library, and what is said of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from triptych.cli.context import DONE, FAILED, Context, as_json, collection_option, pass_context, put_json
from triptych.errors import UserError

_TELL = 10  # pages after which a long captioning run says how far it is


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
            "--workers",
            type=click.IntRange(1, 256),
            metavar="N",
            help="Reading processes. Default: one per core.",
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
@click.option(
    "--captions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What people say of the pictures: JSONL, CSV or TSV with path and caption.",
)
@_reading_options
@as_json
@pass_context
def add(
    context: Context,
    /,
    paths: tuple[str, ...],
    collection: str,
    tags: tuple[str, ...],
    captions: Path | None,
    as_json: bool,
    **reading: Any,
) -> int:
    """Add files and folders.

    \b
      triptych add scans/ report.pdf
      triptych add scans/ --collection letters --tags year=2024 --tags from=ACME
      triptych add photos/ --captions captions.csv
      find . -newer stamp -print0 | triptych add -

    `-` reads a list of paths from standard input, one a line or parted by NUL bytes. Safe to interrupt and run again: what was printed as added is durable, and is not read twice. The same content is read once, whatever its names.
    """
    flags = _reading_flags(reading["workers"], reading["no_ocr"], reading["ocr_lang"], reading["ocr_engine"])
    from triptych.sql.replay import TEMPLATED

    with context.open(create=True, flags=flags) as library:
        events = library.adding(
            *paths, collection=collection, tags=_tags(tags), captions=captions, stdin=sys.stdin.buffer
        )
        status = _print_added(context, events, as_json)
        if library.settings.captioner not in ("none", TEMPLATED):
            context.note("The captioner describes what was added when you type: triptych caption")
        return status


def _print_added(context: Context, events: Any, as_json: bool) -> int:
    from triptych.cli.console import added_line, progress, summary_line, unsure_line
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
    if doubt := unsure_line(seen):
        context.note(doubt)
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

    What is new, changed, renamed or gone there becomes so here. Files of other folders stay.

    \b
      triptych sync ~/scans --collection scans
      0 3 * * *  triptych --library /srv/library --quiet sync /srv/scans      in a crontab

    Names without a / in front count from where you type: type it in the same place each time, or name it from the root.
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

    \b
      triptych remove scans/old.pdf
      triptych remove 3a13512cba0b --collection letters

    Text, vectors, index entries and the stored original go; the file that you added stays where it is.
    """
    with context.open() as library:
        return _print_added(context, library.removing(*what, collection=collection), as_json)


@click.command()
@click.option("--captioner", metavar="SPEC", help="Who describes: blip, vlm, ... Default: the setting.")
@click.option(
    "--again", is_flag=True, help="Also pages that it has described, or had nothing to say of, before."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Stop after so many pages.")
@collection_option
@as_json
@pass_context
def caption(
    context: Context,
    captioner: str | None,
    again: bool,
    limit: int | None,
    collection: str | None,
    as_json: bool,
) -> int:
    """Describe pictures in words, so that they are found by them.

    \b
      triptych caption --captioner blip
      triptych caption --captioner vlm --limit 100

    Pages that the captioner has described already, or had nothing to say of, are left out. Safe to stop anywhere and run again: what was printed is durable.
    """
    from triptych.cli.console import described_line, estimate_text, left_text

    with context.open() as library:
        waiting, events, each = library.describing(captioner, collection=collection, again=again, most=limit)
        wanted = waiting if limit is None else min(limit, waiting)
        price = estimate_text(each, wanted, library.vlms.ledger) if each.calls else ""
        context.note(f"{wanted} of {waiting} pages to describe{price}")
        failed, begun = 0, time.monotonic()
        for number, event in enumerate(events, 1):
            failed += event.error is not None
            if as_json:
                put_json(event.to_dict())
                sys.stdout.flush()
            else:
                click.echo(described_line(event), err=event.error is not None)
            if number % _TELL == 0 and number < wanted:
                context.note(left_text(number, wanted, time.monotonic() - begun))
    return FAILED if failed else DONE


COMMANDS = (add, sync, remove, caption)
