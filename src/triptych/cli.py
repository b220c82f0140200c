"""The command line: parse, one call to the library, print. Results on stdout, all else on stderr.

Every command imports what it needs inside its function, so `triptych --help` is quick.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from triptych import __version__
from triptych.errors import FileError, LibraryError, MissingPackage, TriptychError, UserError

if TYPE_CHECKING:
    from triptych.library import Library

DONE, FAILED, USAGE, NO_ANSWER, INTERRUPTED = 0, 1, 2, 3, 130


class Context:
    """What stands before the command: which library, which settings, how much to say."""

    def __init__(self, library: str, config: Path | None, quiet: bool) -> None:
        self.library = library
        self.config = config
        self.quiet = quiet

    @contextmanager
    def open(self, create: bool = False, flags: dict[str, Any] | None = None) -> Iterator[Library]:
        from triptych.library import open as open_library

        with open_library(self.library, create=create, config=self.config, settings=flags) as library:
            yield library

    def note(self, text: str) -> None:
        if not self.quiet:
            click.echo(text, err=True)


pass_context = click.make_pass_decorator(Context)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
collection_option = click.option("--collection", metavar="NAME", help="Only this collection.")


def put_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


@cli.command()
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
    """Add files and folders; `-` reads a list of paths from standard input.

    Safe to interrupt and run again: what was printed as added is durable, and is not read twice.
    """
    flags = _reading_flags(reading["workers"], reading["no_ocr"], reading["ocr_lang"], reading["ocr_engine"])
    with context.open(create=True, flags=flags) as library:
        events = library.adding(*paths, collection=collection, tags=_tags(tags), stdin=sys.stdin.buffer)
        return _print_added(context, events, as_json)


def _print_added(context: Context, events: Any, as_json: bool) -> int:
    from triptych.console import added_line, progress, summary_line
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


@cli.command()
@click.argument("text", required=False)
@click.option("-k", type=click.IntRange(1, 1000), help="How many hits.")
@click.option("--signals", metavar="A,B", help="Ask only these signals, e.g. keyword or keyword,text.")
@click.option("--fusion", metavar="NAME", help="How signals become one ranking; see 'triptych doctor'.")
@collection_option
@click.option(
    "--filter", "where", metavar="EXPR", help="e.g. 'kind = pdf and page <= 3', 'tags.year = 2024'."
)
@click.option("--explain", is_flag=True, help="Say of every hit why it is there.")
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write the hits as a page with pictures."
)
@as_json
@pass_context
def search(
    context: Context,
    text: str | None,
    k: int | None,
    signals: str | None,
    fusion: str | None,
    collection: str | None,
    where: str | None,
    explain: bool,
    html: Path | None,
    as_json: bool,
) -> int:
    """Find pages by words."""
    from triptych.console import results_text

    if not text or not text.strip():
        raise UserError('The query is empty. Type what you look for: triptych search "invoice ACME 129.50"')
    with context.open() as library:
        results = library.search(
            text,
            k=k,
            signals=signals.split(",") if signals else None,
            fusion=fusion,
            collection=collection,
            where=where,
        )
        if html is not None:
            html.write_text(library.html(results), "utf-8")
            context.note(f"wrote {html}")
        if as_json:
            put_json(results.to_dict())
        else:
            click.echo(results_text(results, explain=explain))
    return DONE


@cli.command()
@click.argument("question")
@click.option("--model", metavar="SPEC", help="Who answers. Default: extractive (quotes, no model).")
@collection_option
@click.option("--filter", "where", metavar="EXPR", help="Only pages for which this holds.")
@click.option(
    "--show", type=click.Path(path_type=Path), metavar="FILE.png", help="Draw the page with the answer boxed."
)
@as_json
@pass_context
def ask(
    context: Context,
    question: str,
    model: str | None,
    collection: str | None,
    where: str | None,
    show: Path | None,
    as_json: bool,
) -> int:
    """Answer a question from the library, with the place where the answer stands."""
    from triptych.console import answer_text

    if not question.strip():
        raise UserError(
            'The question is empty. Type one: triptych ask "What is the total on the ACME invoice?"'
        )
    with context.open(flags={"answer.model": model}) as library:
        answer = library.ask(question, collection=collection, where=where)
        drawn = show is not None and bool(answer.citations)
        if show is not None and drawn:
            _save(answer.show(), show)
            context.note(f"wrote {show}")
        if as_json:
            put_json(answer.to_dict())
        else:
            click.echo(answer_text(answer))
        if show is not None and not drawn:
            context.note("No page was drawn, because nothing was cited.")
    return NO_ANSWER if answer.abstained else DONE


def _save(image: Any, path: Path) -> None:
    try:
        image.save(path)
    except (OSError, ValueError) as error:
        raise UserError(
            f"Cannot write the picture '{path}': {error}. Name a .png file in a folder that exists."
        ) from error


@cli.command()
@click.argument("asset", metavar="ID_OR_PATH")
@click.option("--page", type=click.IntRange(1), help="Only this page, with its text.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE.png", help="Draw the page with its lines boxed."
)
@collection_option
@as_json
@pass_context
def show(
    context: Context, asset: str, page: int | None, out: Path | None, collection: str | None, as_json: bool
) -> int:
    """What is known of a file: text, boxes, how it was read, quality."""
    from triptych.console import shown_text

    with context.open() as library:
        known = library.show(asset, page=page, collection=collection)
        if out is not None:
            _save(library.picture(asset, page or 1, collection=collection), out)
            context.note(f"wrote {out}")
        if as_json:
            put_json(known)
        else:
            click.echo(shown_text(known))
    return DONE


@cli.command(name="list")
@collection_option
@click.option("--filter", "where", metavar="EXPR", help="Only files for which this holds.")
@as_json
@pass_context
def list_(context: Context, collection: str | None, where: str | None, as_json: bool) -> int:
    """Files in the library."""
    from triptych.console import list_text

    with context.open() as library:
        assets = library.list(collection=collection, where=where)
        if as_json:
            put_json({"assets": assets})
        else:
            click.echo(list_text(assets))
    return DONE


@cli.command()
@click.argument("what", nargs=-1, required=True, metavar="ID_OR_PATH...")
@collection_option
@as_json
@pass_context
def remove(context: Context, what: tuple[str, ...], collection: str | None, as_json: bool) -> int:
    """Remove files from the library: text, vectors, index entries and the stored original."""
    from triptych.console import safe

    failed = False
    with context.open() as library:
        for event in library.removing(*what, collection=collection):
            failed = failed or event["status"] == "failed"
            if as_json:
                put_json(event)
            elif event["status"] == "failed":
                click.echo(
                    f"failed   {safe(event['source'])}: {event['error']['reason']}. {event['error']['hint']}",
                    err=True,
                )
            else:
                click.echo(f"removed  {safe(event['source'])}")
    return FAILED if failed else DONE


@cli.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--collection", default="default", show_default=True, metavar="NAME", help="Where its files live."
)
@_reading_options
@as_json
@pass_context
def sync(context: Context, /, folder: str, collection: str, as_json: bool, **reading: Any) -> int:
    """Make the library follow a folder: additions, changes, renames and deletions."""
    flags = _reading_flags(reading["workers"], reading["no_ocr"], reading["ocr_lang"], reading["ocr_engine"])
    with context.open(create=True, flags=flags) as library:
        return _print_added(context, library.syncing(folder, collection=collection), as_json)


@cli.command()
@as_json
@pass_context
def verify(context: Context, as_json: bool) -> int:
    """Compare catalog, indexes and stored originals; exit 1 and say what differs if they disagree."""
    with context.open() as library:
        report = library.verify()
    if as_json:
        put_json(report)
    else:
        for difference in report["differences"]:
            click.echo(difference)
        click.echo(f"{'ok' if report['ok'] else 'not ok'}: {report['assets']} files, {report['pages']} pages")
    return DONE if report["ok"] else FAILED


@cli.command()
@click.option("--encoder", metavar="SPEC", help="Re-embed everything with this encoder first.")
@as_json
@pass_context
def rebuild(context: Context, encoder: str | None, as_json: bool) -> int:
    """Make all indexes anew from the catalog; reads no page again."""
    with context.open() as library:
        report = library.rebuild(encoder)
    if as_json:
        put_json(report)
    else:
        click.echo(f"rebuilt: {report['chunks']} passages in {report['seconds']} s")
    return DONE


@cli.command()
@as_json
@pass_context
def doctor(context: Context, as_json: bool) -> int:
    """What works on this machine and what to type for what does not."""
    from triptych.doctor import examine, report_text

    report = examine(context.library, context.config)
    if as_json:
        put_json(report)
    else:
        click.echo(report_text(report))
    return DONE if report["ok"] else FAILED


@cli.command()
@as_json
@pass_context
def config(context: Context, as_json: bool) -> int:
    """Every setting, its value, and where that came from."""
    from triptych import settings

    _, origins = settings.load(Path(context.library), context.config)
    if as_json:
        put_json({o.key: {"value": o.value, "origin": o.origin} for o in origins})
    else:
        width = max(len(o.key) for o in origins)
        for o in origins:
            click.echo(f"{o.key:{width}}  {json.dumps(o.value):<20}  {o.origin}")
    return DONE


@cli.command(name="eval")
@click.argument("set_dir", metavar="SET_DIR", type=click.Path(path_type=Path))
@click.option(
    "--workdir", type=click.Path(path_type=Path), metavar="DIR", help="Where its library is kept and reused."
)
@click.option("--no-answers", is_flag=True, help="Measure retrieval only.")
@as_json
@pass_context
def eval_(context: Context, set_dir: Path, workdir: Path | None, no_answers: bool, as_json: bool) -> int:
    """Measure retrieval and answers on a labelled set."""
    from triptych.console import evaluation_text
    from triptych.evaluate import evaluate

    report = evaluate(
        set_dir, workdir=workdir, config=context.config, answers=not no_answers, note=context.note
    )
    if as_json:
        put_json(report)
    else:
        click.echo(evaluation_text(report))
    return DONE


def _say(error: TriptychError) -> int:
    click.echo(f"triptych: {error}", err=True)
    usage = isinstance(error, UserError) and not isinstance(error, (LibraryError, MissingPackage))
    return USAGE if usage else FAILED


def main() -> None:
    """Run the command line; never a traceback for an input or an environment problem."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        status = cli(standalone_mode=False)
    except click.exceptions.Exit as error:
        status = error.exit_code
    except click.UsageError as error:
        error.show()
        status = USAGE
    except click.ClickException as error:
        error.show()
        status = FAILED
    except (FileError, TriptychError) as error:
        status = _say(error)
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            "triptych: interrupted. What was reported is kept; run the same command to go on.", err=True
        )
        status = INTERRUPTED
    except BrokenPipeError:  # `triptych list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = DONE
    sys.exit(status or DONE)


if __name__ == "__main__":
    main()
