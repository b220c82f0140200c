"""The report of an evaluation as one HTML file that a person would rather look at.

The file stands alone: no script, no request to anywhere (see `markup`). Everything foreign is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from triptych.display import markup
from triptych.display.markup import text
from triptych.evaluation import plots
from triptych.evaluation.failures import gallery
from triptych.evaluation.measures import LEADING, NAMES, first_relevant
from triptych.evaluation.style import STYLE
from triptych.types import SIGNALS

if TYPE_CHECKING:
    from triptych.evaluate import Measured

FUSED = "fused"
_TITLES = {"recall@1": "Recall@1", "recall@5": "Recall@5", "recall@10": "Recall@10", "ndcg@10": "nDCG@10", "mrr@10": "MRR@10"}  # fmt: skip
_PLACES = ((1, "first"), (3, "second or third"), (10, "fourth to tenth"))  # of the first right document
_LOST = "not in the first ten"
_DIRECTIONS = {
    "text_to_page": ("words → pages", "all signals"),
    "text_to_image": ("words → pictures", "image signal alone"),
    "image_to_image": ("picture → pictures", "image signal alone"),
    "image_to_page": ("picture → pages", "all signals"),
}
_ANSWERS = {
    "exact": "exactly right",
    "numeric": "right as a value",
    "entity": "names all that is asked",
    "abstained": "abstained",
    "right_of_given": "right where one was given",
    "citation_precision": "citations that hold their claim",
    "citation_recall": "answers that a citation holds",
    "citation_sound": "citations of a right document",
    "box_hit": "box on the labelled place",
}


def to_html(measured: Sequence[Measured], mean: Mapping[str, Any] | None = None) -> str:
    """The report on one set, or on several under their `mean` (see `evaluate.together`)."""
    title = measured[0].report["set"] if len(measured) == 1 else f"{len(measured)} labelled sets"
    overview = "" if mean is None else _overview(measured, mean)
    body = overview + "".join(_set(m, several=mean is not None) for m in measured)
    return markup.page(f"{title}, evaluation", STYLE, f"<main>{body}</main>")


# ---------------------------------------------------------------------------------- several sets


def _overview(measured: Sequence[Measured], mean: Mapping[str, Any]) -> str:
    fused = mean["metrics"][FUSED]
    tiles = [
        _tile(f"{fused[LEADING]:.3f}", "nDCG@10, mean of the sets"),
        _tile(f"{fused['recall@1']:.3f}", "Recall@1"),
        _tile(f"{fused['recall@10']:.3f}", "Recall@10"),
        _tile(
            plots.signed(mean["margin"]["mean"]),
            "above the best single signal",
            f"on the worst set {plots.signed(mean['margin']['least'])}",
            _tone(mean["margin"]["low"], mean["margin"]["high"]),
        ),
    ]
    rows = [(m.report["set"], _leading(m.report["metrics"])) for m in measured]
    systems = [s for s in (FUSED, *SIGNALS) if any(s in found for _, found in rows)]
    ablation = ""
    if "ablation" in mean:
        ablation = _section(
            "What each part is worth",
            "Mean change of nDCG@10 over the sets that have the part. Grey: within chance.",
            plots.moves([_move(r, f"{r['sets']} set{'s' * (r['sets'] != 1)}") for r in mean["ablation"]]),
        )
    links = " · ".join(f'<a href="#{_id(m)}">{text(m.report["set"])}</a>' for m in measured)
    return (
        f'<header><h1>Evaluation of {len(measured)} sets</h1><p class="lead">{links}</p></header>'
        f'<div class="tiles">{"".join(tiles)}</div>'
        + _section("Sets", f"nDCG@10. {_legend(systems)}", plots.dots(rows, {name: name for name in systems}))
        + ablation
    )


# ---------------------------------------------------------------------------------------- one set


def _set(measured: Measured, several: bool) -> str:
    report = measured.report
    heading = "h2" if several else "h1"
    return (
        f'<header id="{_id(measured)}"{" class=next" if several else ""}><{heading}>{text(report["set"])}</{heading}>'
        f'<p class="lead">{report["documents"]:,} documents, {report["queries"]:,} queries, fusion '
        f"“{text(report['fusion'])}”{_failed(report['failed'], 'document', 'added')}{_failed(report['refused'], 'query', 'asked')}</p></header>"
        f'<div class="tiles">{_headline(report)}</div>'
        + _signals(report)
        + _where(measured)
        + _directions(report)
        + _answered(report)
        + _ablated(report)
        + gallery(measured.losses)
        + _settings(measured)
    )


def _headline(report: Mapping[str, Any]) -> str:
    fused, against = report["metrics"][FUSED], report["against"]
    low, high = report["intervals"][FUSED][LEADING]
    moved = against[LEADING]
    tone = _tone(moved["low"], moved["high"])
    sure = f"sure at {against['confidence']:.0%}" if tone else "within chance"
    tiles = [
        _tile(f"{fused[LEADING]:.3f}", "nDCG@10", f"{low:.3f} – {high:.3f}"),
        _tile(f"{fused['recall@1']:.3f}", "Recall@1", "right document first"),
        _tile(f"{fused['recall@10']:.3f}", "Recall@10", "right documents in ten"),
        _tile(plots.signed(moved["difference"]), f"against {against['signal']} alone", sure, tone),
        _tile(f"{1000 * report['seconds']['query_p50']:.0f} ms", "a search", "median"),
    ]
    if "pages" in report:
        tiles.insert(3, _tile(f"{report['pages'][FUSED]['recall@5']:.3f}", "pages, Recall@5"))
    return "".join(tiles)


def _signals(report: Mapping[str, Any]) -> str:
    means, ends = report["metrics"], report["intervals"]
    there = [name for name in (FUSED, *SIGNALS) if means[name] is not None]
    drawn = plots.bars([_bar(n, means[n], ends[n]) for n in there])
    moved = report["against"][LEADING]
    said = (
        f"nDCG@10 with its {report['against']['confidence']:.0%} interval "
        f"({report['against']['resamples']:,} bootstrap samples of the queries). Fused is better than "
        f"{report['against']['signal']} on {moved['better']} queries, worse on {moved['worse']}, equal on {moved['equal']}."
    )
    return _section("Signals, alone and fused", said, drawn + _table(means, there))


def _bar(name: str, means: Mapping[str, float], ends: Mapping[str, Sequence[float]]) -> plots.Bar:
    low, high = ends[LEADING]
    return plots.Bar(name, means[LEADING], low, high, name)


def _table(means: Mapping[str, Any], names: Sequence[str]) -> str:
    best = {m: max(means[n][m] for n in names) for m in NAMES}
    head = "".join(f"<th>{_TITLES[m]}</th>" for m in NAMES)
    rows = "".join(
        f"<tr><th>{n}</th>"
        + "".join(
            f"<td{' class=best' if means[n][m] >= best[m] - 1e-12 else ''}>{means[n][m]:.3f}</td>"
            for m in NAMES
        )
        + "</tr>"
        for n in names
    )
    return f'<div class="plot"><table><tr><th></th>{head}</tr>{rows}</table></div>'


def _where(measured: Measured) -> str:
    """How many queries have their first right document first, soon, late, or not at all."""
    judged = measured.labels.judged
    rows = []
    for name, ranking in measured.rankings.items():
        counts = [0] * (len(_PLACES) + 1)
        for qid, documents in ranking.documents.items():
            if judged.get(qid):
                counts[_place(first_relevant(judged[qid], documents))] += 1
        rows.append((name, counts))
    names = [*(name for _, name in _PLACES), _LOST]
    keys = " ".join(
        f'<span class="key"><i class="share{i}"></i>{name}</span>' for i, name in enumerate(names)
    )
    return _section("Where the first right document stands", f"Queries. {keys}", plots.shares(rows, names))


def _place(rank: int | None) -> int:
    last = len(_PLACES)
    return next((i for i, (limit, _) in enumerate(_PLACES) if rank is not None and rank <= limit), last)


def _directions(report: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><th>{way}<span class="soft"> {by}</span></th><td>{row["queries"]}</td>'
        + "".join(f"<td>{row[m]:.3f}</td>" for m in NAMES)
        + "</tr>"
        for name, (way, by) in _DIRECTIONS.items()
        if (row := report["directions"][name]) is not None
    )
    head = "".join(f"<th>{_TITLES[m]}</th>" for m in NAMES)
    table = f'<div class="plot"><table><tr><th></th><th>queries</th>{head}</tr>{rows}</table></div>'
    return _section("From what to what", "", table)


def _answered(report: Mapping[str, Any]) -> str:
    answers = report.get("answers")
    if not answers:
        return ""
    tiles = "".join(
        _tile(f"{answers[key]:.0%}", said)
        for key, said in _ANSWERS.items()
        if key != "box_hit" or answers[key]
    )
    return _section(
        "Answers", f"{answers['asked']} questions asked of the whole library.", f'<div class="tiles small">{tiles}</div>'
    )  # fmt: skip


def _ablated(report: Mapping[str, Any]) -> str:
    rows = report.get("ablation")
    if not rows:
        return ""
    drawn = plots.moves([_move(row, f"to {row['metrics'][LEADING]:.3f}") for row in rows])
    said = (
        "One thing otherwise at a time: change of the fused nDCG@10 with its interval. Grey: within chance."
        " An arrow: further than drawn."
    )
    return _section("What each part is worth", said, drawn)


def _move(row: Mapping[str, Any], note: str) -> plots.Move:
    """An ablation under its name, with its group where the name would say little alone."""
    alone = row["group"] in ("signals", "OCR", "views")
    name = row["variant"] if alone else f"{row['group']}: {row['variant']}"
    moved = row["change"][LEADING]
    return plots.Move(row["group"], name, moved["difference"], moved["low"], moved["high"], note)


def _settings(measured: Measured) -> str:
    rows = "".join(
        f"<tr><th>{text(key)}</th><td>{text(str(value))}</td></tr>"
        for key, value in measured.settings.items()
    )
    seconds = ", ".join(f"{key} {value} s" for key, value in measured.report["seconds"].items())
    return (
        f"<section><details><summary>Settings and times</summary><p class=soft>{text(seconds)}</p>"
        f'<div class="plot"><table class="settings">{rows}</table></div></details></section>'
    )


# ------------------------------------------------------------------------------------------ pieces


def _section(title: str, said: str, inner: str) -> str:
    note = f'<p class="soft">{said}</p>' if said else ""
    return f"<section><h3>{title}</h3>{note}{inner}</section>"


def _tile(figure: str, name: str, note: str = "", tone: str = "") -> str:
    return (
        f'<div class="tile {tone}"><b>{text(figure)}</b><span>{text(name)}</span>'
        f"<small>{text(note)}</small></div>"
    )


def _tone(low: float, high: float) -> str:
    """The colour of a change, by its interval."""
    return "good" if low > 0 else "bad" if high < 0 else ""


def _failed(count: int, what: str, done: str) -> str:
    several = {"document": "documents", "query": "queries"}
    return (
        f", <b class=bad>{count} {what if count == 1 else several[what]} could not be {done}</b>"
        if count
        else ""
    )


def _leading(means: Mapping[str, Any]) -> dict[str, float]:
    return {name: row[LEADING] for name, row in means.items() if row is not None}


def _legend(names: Sequence[str]) -> str:
    return " ".join(
        f'<span class="key"><i style="background:var(--{name})"></i>{name}</span>' for name in names
    )


def _id(measured: Measured) -> str:
    return text("set-" + "".join(c if c.isalnum() else "-" for c in measured.report["set"]))
