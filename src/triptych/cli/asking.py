"""search, ask, show, list: what a library tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from triptych.cli.context import (
    DONE,
    FAILED,
    NO_ANSWER,
    Context,
    as_json,
    collection_option,
    pass_context,
    put_json,
)
from triptych.cli.recording import asker
from triptych.errors import UserError

if TYPE_CHECKING:
    from triptych.dialogue.conversation import Turn
    from triptych.types import Answer


_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".pdf")


@click.command()
@click.argument("text", required=False)
@click.option(
    "--image", type=click.Path(path_type=Path), metavar="FILE", help="Find what looks like this picture."
)
@click.option("--like", metavar="ID[#PAGE]", help="Find what is like this page of the library.")
@click.option("-k", type=click.IntRange(1, 1000), metavar="N", help="How many hits, 1000 at most.")
@click.option("--signals", metavar="A,B", help="Ask only these signals, e.g. keyword or keyword,text.")
@click.option(
    "--fusion",
    metavar="NAME",
    help="How signals become one ranking: adaptive, rrf, weighted, zscore, learned.",
)
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
    image: Path | None,
    like: str | None,
    k: int | None,
    signals: str | None,
    fusion: str | None,
    collection: str | None,
    where: str | None,
    explain: bool,
    html: Path | None,
    as_json: bool,
) -> int:
    """Find pages by words, by a picture, or by both together.

    \b
      triptych search "invoice ACME 129.50, red logo" --explain
      triptych search --image logo.png -k 5
      triptych search 'type:pdf date:2024-01..2024-03 "total due" -draft'
      triptych search heron --filter "tags.year = 2024 and page <= 3" --html hits.html

    "total due" must stand on the page, -draft must not; type:pdf, page:1-3, date:2024-01..2024-03, tag.year:2024
    and collection:letters say where to look.
    """
    from triptych.cli.console import results_text

    if like is None and image is None and not (text or "").strip():
        raise UserError('The query is empty. Type what you look for: triptych search "invoice ACME 129.50"')
    if like is not None and (text or image):
        raise UserError("--like stands alone. To ask for words too: triptych search TEXT --image FILE")
    _writable(html)
    with context.open() as library:
        if like is not None:
            results = library.more_like(*_page_of(like), k=k)
        else:
            results = library.search(
                text,
                image=image,
                k=k,
                signals=signals.split(",") if signals else None,
                fusion=fusion,
                collection=collection,
                where=where,
            )
        log, who = asker(library, collection, where)
        log.searched(results, who)
        if html is not None:
            page = library.html(results)
            _write(context, html, lambda: html.write_text(page, "utf-8"))
        if as_json:
            put_json(results.to_dict())
        else:
            click.echo(results_text(results, explain=explain))
    return DONE


def _page_of(like: str) -> tuple[str, int]:
    """`ID#PAGE` -> (id or path, page), page 1 where none is named."""
    name, mark, number = like.rpartition("#")
    return (name, int(number)) if mark and number.isdecimal() else (like, 1)


@click.command()
@click.argument("question", required=False)
@click.option(
    "--model", metavar="SPEC", help="Who answers: extractive (quotes, no model) or a back end of vlms/."
)
@click.option(
    "--image", type=click.Path(path_type=Path), metavar="FILE", help="Look among pages like this picture."
)
@click.option("--continue", "go_on", is_flag=True, help="The question refers to the ones before it.")
@click.option(
    "--questions",
    type=click.File(encoding="utf-8-sig"),
    metavar="FILE",
    help="Ask each line of a file; - for standard input.",
)
@collection_option
@click.option("--filter", "where", metavar="EXPR", help="Only pages for which this holds.")
@click.option(
    "--show",
    type=click.Path(path_type=Path),
    metavar="FILE.png",
    help="Draw each cited page with the answer boxed: FILE.png, FILE-2.png, ...",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the answer as a page with pictures.",
)
@as_json
@pass_context
def ask(
    context: Context,
    question: str | None,
    model: str | None,
    image: Path | None,
    go_on: bool,
    questions: TextIO | None,
    collection: str | None,
    where: str | None,
    show: Path | None,
    html: Path | None,
    as_json: bool,
) -> int:
    """Answer a question, with the place where the answer stands.

    \b
      triptych ask "What is the total on the ACME invoice?" --show answer.png
      triptych ask "And when is it due?" --continue
      triptych ask --questions questions.txt --json

    Exit status 3: nothing in the library answers it. With --questions: 1 where a model failed on one, else 3 where one
    is not answered.
    """
    if questions is None and not (question or "").strip():
        raise UserError(
            'The question is empty. Type one: triptych ask "What is the total on the ACME invoice?"'
        )
    if questions is not None:
        _alone(question, {"--image": image, "--continue": go_on, "--show": show, "--html": html})
    lines = _lines(questions) if questions is not None else []
    _writable(show, picture=True)
    _writable(html)
    from triptych.cli.console import safe
    from triptych.dialogue import conversation

    with context.open(flags={"vlm": model}) as library:
        if questions is not None:
            answers = library.asking.every(lines, collection=collection, where=where)
            log, who = asker(library, collection, where)
            statuses = {DONE}
            for answer in answers:
                log.answered(answer, who)
                if not as_json:
                    click.echo(f"? {safe(answer.question)}")
                statuses.add(_told(context, answer, as_json))
            return FAILED if FAILED in statuses else max(statuses)
        asked = question or ""
        turns = conversation.remembered(library.folder) if go_on else []
        answer = library.ask(asked, collection=collection, where=where, turns=turns, image=image)
        log, who = asker(library, collection, where)
        log.answered(answer, who)
        status = _told(context, answer, as_json)
        _remember(
            context, library.folder, [*turns, conversation.Turn(answer.understood or asked, answer.text)]
        )
        if show is not None:
            _show(context, answer, show)
        if html is not None:
            page = library.asking.shown.page(answer)
            _write(context, html, lambda: html.write_text(page, "utf-8"))
    return status


def _lines(questions: TextIO) -> list[str]:
    """The questions of a file. Raises UserError when it has none, or is no text."""
    try:
        lines = [line.strip() for line in questions if line.strip()]
    except UnicodeDecodeError:
        raise UserError(
            f"{questions.name} is not UTF-8. Save it as UTF-8, a question on each line."
        ) from None
    if not lines:
        raise UserError(f"{questions.name} holds no question. Write one on each line.")
    return lines


def _alone(question: str | None, beside: Mapping[str, object]) -> None:
    """Refuse what has no meaning beside --questions."""
    if question:
        raise UserError("Ask one question, or those of a file by --questions FILE, not both.")
    if given := [name for name, value in beside.items() if value]:
        raise UserError(
            f"{given[0]} is for one question and does nothing beside --questions. Leave it out, or type: "
            f'triptych ask "..." {given[0]}'
        )


def _told(context: Context, answer: Answer, as_json: bool) -> int:
    """Print an answer; its exit status. Where the model failed, what was found is printed, and the reason told."""
    from triptych.cli.console import answer_text

    if as_json:
        put_json(answer.to_dict())
    else:
        click.echo(answer_text(answer))
    if answer.error is not None:
        click.echo(f"triptych: {answer.error.reason}", err=True)
        return FAILED
    return NO_ANSWER if answer.abstained else DONE


def _remember(context: Context, folder: Path, turns: Sequence[Turn]) -> None:
    from triptych.dialogue import conversation

    try:
        conversation.remember(folder, turns)
    except OSError as error:  # a library that may only be read
        context.note(
            f"--continue will not know this question: {folder} cannot be written ({error.strerror})."
        )


def _show(context: Context, answer: Answer, file: Path) -> None:
    """Draw what an answer cites, if it has pictures; the answer itself was told before."""
    if not answer.citations:
        context.note("No page was drawn, because nothing was cited.")
    elif not any(c.boxes for c in answer.citations):
        context.note(f"No page was drawn: {answer.citations[0].source} is a text file, which has no picture.")
    else:
        for number, picture in enumerate(answer.pictures(), 1):
            name = file if number == 1 else file.with_stem(f"{file.stem}-{number}")
            _write(context, name, partial(picture.save, name))


def _writable(file: Path | None, *, picture: bool = False) -> None:
    """Refuse a file that cannot be written before the work for it is done."""
    if file is None:
        return
    if not file.parent.is_dir():
        raise UserError(f"Cannot write '{file}': there is no folder '{file.parent}'. Name one that exists.")
    if picture and file.suffix.lower() not in _PICTURES:
        kind = f"'{file.suffix}' is no kind of picture" if file.suffix else "the name says no kind of picture"
        raise UserError(f"Cannot draw '{file}': {kind}. Known: {', '.join(_PICTURES)}.")


def _write(context: Context, file: Path, write: Callable[[], object]) -> None:
    try:
        write()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(
            f"Cannot write '{file}': {why}. Name a file in a folder that exists, like answer.png."
        ) from error
    context.note(f"wrote {file}")


@click.command()
@click.argument("asset", metavar="ID_OR_PATH")
@click.option("--page", type=click.IntRange(1), metavar="N", help="Only this page, with its text.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE.png", help="Draw the page with its lines boxed."
)
@collection_option
@as_json
@pass_context
def show(
    context: Context, asset: str, page: int | None, out: Path | None, collection: str | None, as_json: bool
) -> int:
    """What is known of a file: its text, and how it was read.

    \b
      triptych show scans/receipt.jpg
      triptych show 3a13512cba0b --page 2 --out page.png
    """
    from triptych.cli.console import shown_text

    _writable(out, picture=True)
    with context.open() as library:
        known = library.show(asset, page=page, collection=collection)
        if out is not None:
            picture = library.picture(asset, page or 1, collection=collection)
            _write(context, out, lambda: picture.save(out))
        if as_json:
            put_json(known)
        else:
            click.echo(shown_text(known))
    return DONE


@click.command(name="list")
@collection_option
@click.option("--filter", "where", metavar="EXPR", help="Only files for which this holds.")
@as_json
@pass_context
def list_(context: Context, collection: str | None, where: str | None, as_json: bool) -> int:
    """Files in the library.

    \b
      triptych list --collection letters
      triptych list --filter "kind = pdf and status = partial"
    """
    from triptych.cli.console import list_text

    with context.open() as library:
        assets = library.list(collection=collection, where=where)
        if as_json:
            put_json({"assets": assets})
        else:
            click.echo(list_text(assets))
    return DONE


COMMANDS = (search, ask, show, list_)
