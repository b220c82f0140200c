"""eval, label: how good a library is, by labelled queries, and making such labels."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from triptych.cli.context import DONE, Context, as_json, collection_option, pass_context, put_json
from triptych.errors import UserError

if TYPE_CHECKING:
    from triptych.evaluate import Measured
    from triptych.evaluation.judging import Judging, Pending
    from triptych.library import Library


@click.command(name="eval")
@click.argument("set_dir", metavar="SET_DIR", type=click.Path(path_type=Path))
@click.option(
    "--workdir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where libraries are kept and reused. Default: ./triptych-eval",
)
@click.option("--no-answers", is_flag=True, help="Measure retrieval only.")
@click.option("--captions", is_flag=True, help="Take the set's sidecar captions as supplied by people.")
@click.option("--fusion", metavar="NAME", help="How signals become one ranking.")
@click.option(
    "--ablate", is_flag=True, help="Ask again with one thing otherwise at a time; say what it changes."
)
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write a report with plots and pictures."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write report.json, and rankings and judgements as TREC files.",
)
@as_json
@pass_context
def eval_(
    context: Context,
    set_dir: Path,
    workdir: Path | None,
    no_answers: bool,
    captions: bool,
    fusion: str | None,
    ablate: bool,
    html: Path | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Measure retrieval and answers on a labelled set, or on all sets in a folder."""
    from triptych.cli.console import evaluation_text
    from triptych.evaluate import measure, sets, together

    folders = sets(set_dir)
    for file in (html, out):
        _check_place(file)
    measured = []
    for number, folder in enumerate(folders, 1):
        if len(folders) > 1:
            context.note(f"{folder.name}: set {number} of {len(folders)}")
        measured.append(
            measure(
                folder,
                workdir=workdir,
                config=context.config,
                answers=not no_answers,
                fusion=fusion,
                captions=captions,
                ablate=ablate,
                worst=html is not None,
                note=context.note,
            )
        )
    reports = [m.report for m in measured]
    whole = together(reports) if folders != [set_dir] else reports[0]
    mean = whole.get("mean")
    if out is not None:
        _write_files(out, measured, whole, mean is not None)
        context.note(f"wrote {out}")
    if html is not None:
        from triptych.evaluation.page import to_html

        html.write_text(to_html(measured, mean), "utf-8")
        context.note(f"wrote {html}")
    if as_json:
        put_json(whole)
    else:
        click.echo(evaluation_text(whole))
    return DONE


def _check_place(file: Path | None) -> None:
    """What cannot be written is told before hours of measuring, not after."""
    if file is not None and not file.absolute().parent.is_dir():
        raise UserError(
            f"Cannot write '{file}': there is no folder '{file.parent}'. Make it, or name another."
        )


def _write_files(out: Path, measured: list[Measured], whole: object, several: bool) -> None:
    from triptych.evaluation import trec

    out.mkdir(exist_ok=True)
    for m in measured:
        runs = {name: ranking.documents for name, ranking in m.rankings.items()}
        trec.write(out / m.labels.name if several else out, m.labels.judged, runs)
    text = json.dumps(whole, ensure_ascii=False, indent=1)
    (out / "report.json").write_text(f"{text}\n", "utf-8")


_VERDICTS = {
    "y": "yes",
    "yes": "yes",
    "n": "no",
    "no": "no",
    "s": "skip",
    "skip": "skip",
    "q": "quit",
    "quit": "quit",
}


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--queries", type=click.Path(path_type=Path), metavar="FILE", help="One query a line.")
@click.option("--from-log", is_flag=True, help="Queries and judgements of the query log, see triptych log.")
@click.option("--clicks", is_flag=True, help="With --from-log: what was opened counts as right.")
@click.option("-k", type=click.IntRange(1, 100), default=10, show_default=True, help="Hits to judge of each.")
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show the hits of the query in hand as a page with pictures.",
)
@collection_option
@as_json
@pass_context
def label(
    context: Context,
    folder: Path,
    queries: Path | None,
    from_log: bool,
    clicks: bool,
    k: int,
    html: Path | None,
    collection: str | None,
    as_json: bool,
) -> int:
    """Make a labelled set: say of what is found whether it is right.

    Shows the hits of each query and reads y (right), n (wrong), s (next query) or q (stop) for each of them.
    Every answer is kept at once: stop anywhere, and go on by the same command. Then: triptych eval DIR
    """
    from triptych.evaluation import judging

    if (queries is None) != from_log:
        raise UserError("Say where the queries come from: --queries FILE, or --from-log.")
    asked = [] if queries is None else judging.queries(queries)
    _check_place(html)
    with context.open() as library:
        work = judging.Judging(library, folder, collection)
        if from_log:
            asked = _logged(context, library, work, clicks)
        try:
            for pending in work.pending(asked, k):
                if html is not None:
                    page = library.html(library.search(pending.query, k=k, collection=collection))
                    html.write_text(page, "utf-8")
                if not _judge(work, pending, len(asked)):
                    break
        finally:
            work.write()
    _say_labelled(work, folder, as_json)
    return DONE


def _logged(context: Context, library: Library, work: Judging, clicks: bool) -> list[str]:
    """The queries of the log; what people said of their hits is taken over."""
    from triptych.cli.console import plural
    from triptych.querylog import QueryLog, questions, verdicts

    log = QueryLog(library.folder, library.settings.log)
    asked = questions(log.entries())
    if not asked:
        raise UserError("The query log holds no questions in words. Turn it on, see: triptych log --help")
    taken = work.take_over(verdicts(log.entries(), clicks=clicks))
    context.note(f"{plural(len(asked), 'question')} in the log, {plural(taken, 'judgement')} taken over")
    return asked


def _judge(work: Judging, pending: Pending, count: int) -> bool:
    """Let a person judge the hits of one query; False when they want to stop."""
    from triptych.cli.console import marked, safe

    click.secho(f"\n{pending.number} of {count}: {safe(pending.query)}", bold=True, err=True)
    for hit in pending.hits:
        click.echo(f"{hit.rank:2}. {safe(hit.source)}, page {hit.page}\n    {marked(hit)}", err=True)
        verdict = _verdict()
        if verdict == "quit":
            return False
        work.judge(pending.query, None if verdict == "skip" else hit, verdict)
        if verdict == "skip":
            break
    return True


def _verdict() -> str:
    """What the next line of input says; its end is to stop."""
    while True:
        click.echo("    right? y, n, s (next query), q (stop): ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            click.echo(err=True)
            return "quit"
        if (said := line.strip().lower()) in _VERDICTS:
            return _VERDICTS[said]


def _say_labelled(work: Judging, folder: Path, as_json: bool) -> None:
    from triptych.cli.console import plural

    pages = [j for j in work.judgements if j.verdict != "skip"]
    right = {j.query for j in pages if j.verdict == "yes"}
    told: dict[str, Any] = {
        "set": str(folder),
        "queries": len({j.query for j in work.judgements}),
        "judged": len(pages),
        "right": sum(j.verdict == "yes" for j in pages),
        "usable": len(right),
    }
    if as_json:
        put_json(told)
        return
    click.echo(
        f"{plural(told['judged'], 'page')} judged, {told['right']} right; "
        f"{len(right)} {'query' if len(right) == 1 else 'queries'} with a right page"
    )
    if right:
        click.echo(f"Measure with: triptych eval {folder}")


COMMANDS = (eval_, label)
