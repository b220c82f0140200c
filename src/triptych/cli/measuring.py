"""eval, label: how good a library is, by labelled queries, and making such labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triptych.cli.context import DONE, Context, as_json, pass_context, put_json
from triptych.errors import UserError

if TYPE_CHECKING:
    from triptych.evaluate import Measured


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


COMMANDS = (eval_,)
