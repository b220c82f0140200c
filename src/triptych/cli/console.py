"""What people read in a terminal. Pure functions from values to text, plus one progress line."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from triptych.describing import Described
    from triptych.dialogue.cost import Ledger, Spent
    from triptych.reasons import Reranked
    from triptych.results import Added, Results, Summary
    from triptych.types import Answer, Hit, View

_PARTS = (
    "table",
    "figure",
    "logo",
    "signature",
    "unticked",
    "series",
    "legend",
)  # regions that are told as seen, not as a value
_METRICS = ("recall@1", "recall@5", "recall@10", "ndcg@10", "mrr@10")
_BAR = 12  # characters of a signal's bar in --explain


def safe(text: str) -> str:
    """One line without control characters: a file may be named with a newline or an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plural(n: int, one: str) -> str:
    return f"{n} {one}" if n == 1 else f"{n} {one}s"


def added_line(event: Added) -> str:
    if event.error is not None:
        return f"failed     {safe(event.source)}: {safe(str(event.error))}"
    note = (
        _pages("not read", event.failed_pages)
        + _pages("hardly read", event.unsure_pages)
        + _pages("holds words that nobody sees", event.hidden_pages)
    )
    if event.status in ("unchanged", "removed", "renamed"):
        return f"{event.status:9}  {safe(event.source)}{note and f'  ({note[2:]})'}"
    return f"{event.status:9}  {safe(event.source)}  ({plural(event.pages, 'page')}, {event.seconds:.1f} s{note})"


def _pages(said: str, numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:10])) + (" ..." if len(numbers) > 10 else "")
    return f"; {said}: page {named}" if numbers else ""


def summary_line(summary: Summary) -> str:
    said = {
        "added": summary.ready,
        "in part": summary.partial,
        "unchanged": summary.unchanged,
        "renamed": summary.renamed,
        "removed": summary.removed,
        "failed": summary.failed,
    }
    counts = ", ".join(f"{n} {word}" for word, n in said.items() if n) or "nothing to do"
    read = f"; {plural(summary.pages, 'page')} read" if summary.pages else ""
    return f"{counts}{read} in {summary.seconds:.1f} s"


def unsure_line(events: Sequence[Added]) -> str:
    """What to do about pages that could hardly be read; "" where there are none."""
    pages = sum(len(event.unsure_pages) for event in events)
    if not pages:
        return ""
    return (
        f"Hardly a word could be made out on {plural(pages, 'page')}. If the script is one that the OCR engine does not "
        "know unasked, such as Devanagari, Tamil or Telugu, name the language and an engine that does: "
        "triptych add PATH --ocr tesseract --ocr-lang hi"
    )


def described_line(event: Described) -> str:
    place = f"{safe(event.source)}" + (f", page {event.page}" if event.page > 1 else "")
    if event.error is not None:
        return f"failed     {place}: {safe(str(event.error))}"
    return f"described  {place}: " + (" / ".join(map(safe, event.captions)) or "(nothing to say)")


def estimate_text(each: Spent, pages: int, ledger: Ledger) -> str:
    """What a long run will cost, and where a limit ends it."""
    tariff, all_of_them = ledger.tariff, each * pages
    said = f", about {all_of_them.tokens_in:,} tokens in and {all_of_them.tokens_out:,} out"
    if all_of_them.money:
        said += f", {all_of_them.money:.2f} {tariff.currency}"
    left = tariff.left(ledger.total(), each)
    return said if left is None or left >= pages else f"{said}; the limit ends it after about {left} pages"


def cost_text(ledger: Ledger) -> str:
    """A line for each purpose and model, and one for all."""
    rows = [(f"{purpose} by {model}", spent) for purpose, model, spent in ledger.by_model()]
    total, tariff = ledger.total(), ledger.tariff
    width = max(len(name) for name, _ in [*rows, ("in all", total)])
    lines = [
        _cost_line(safe(name), spent, width, tariff.currency) for name, spent in [*rows, ("in all", total)]
    ]
    if tariff.stop:
        lines.append(f"limit: {tariff.stop:g} {tariff.currency} (cost.stop)")
    if tariff.stop_tokens:
        lines.append(f"limit: {tariff.stop_tokens:,} tokens (cost.stop_tokens)")
    if not (tariff.input or tariff.output):
        lines.append("No prices are set (cost.input, cost.output): money is counted as 0.")
    return "\n".join(lines)


def _cost_line(name: str, spent: Spent, width: int, currency: str) -> str:
    return (
        f"{name:{width}}  {plural(spent.calls, 'call')}, {spent.tokens_in:,} tokens in, {spent.tokens_out:,} out, "
        f"{plural(spent.pictures, 'picture')}, {spent.pixels / 1e6:.1f} megapixels, {spent.seconds:.1f} s, "
        f"{spent.money:.4f} {currency}"
    )


def left_text(done: int, total: int, seconds: float) -> str:
    """How far a long run is, and how long the rest will take at the pace so far."""
    rest = (total - done) * seconds / max(1, done)
    return f"{done} of {total} pages, {seconds / max(1, done):.1f} s a page, about {_span(rest)} to go"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class _Progress:
    """One line that is rewritten, on terminals only; results are printed above it."""

    def __init__(self, on: bool) -> None:
        self.on = on and sys.stderr.isatty()
        self.done = self.pages = 0
        self.start = time.monotonic()

    def update(self, event: Added) -> None:
        self.done += 1
        self.pages += event.pages

    def print(self, line: str, *, failed: bool) -> None:
        self.clear()
        click.echo(line, err=failed)
        if self.on:
            rate = self.pages / max(1e-9, time.monotonic() - self.start)
            text = f"{plural(self.done, 'file')}, {plural(self.pages, 'page')}, {rate:.1f} pages/s"
            click.echo(text[: shutil.get_terminal_size().columns - 1], nl=False, err=True)

    def clear(self) -> None:
        if self.on:
            click.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def progress(on: bool) -> Iterator[_Progress]:
    bar = _Progress(on)
    try:
        yield bar
    finally:
        bar.clear()


def marked(hit: Hit) -> str:
    """The snippet in one line, matched words bold on a terminal."""
    out, at = [], 0
    for a, b in hit.marks:
        out += [safe(_flat(hit.snippet[at:a])), click.style(safe(_flat(hit.snippet[a:b])), bold=True)]
        at = b
    out.append(safe(_flat(hit.snippet[at:])))
    return "".join(out).strip()


def _flat(text: str) -> str:
    return text.replace("\n", " ")


def results_text(results: Results, *, explain: bool) -> str:
    notes = [f"note: {safe(warning)}" for warning in results.warnings]
    if not results.hits:
        return "\n".join([*notes, "Nothing in the library matches."])
    asked = {name for hit in results.hits for name, score in hit.signals.items() if score is not None}
    hits = [_hit_text(hit, asked if explain else set()) for hit in results.hits]
    nothing = ["Nothing in the library matches well; nearest:"] if results.match is False else []
    return "\n".join([*notes, *nothing, *hits])


def _hit_text(hit: Hit, asked: set[str]) -> str:
    place = f"{safe(hit.source)}, page {hit.page}"
    lines = [f"{hit.rank:2}. {click.style(place, fg='cyan')}  {hit.score:.3f}"]
    if hit.snippet:
        lines.append(f"    {marked(hit)}")
    if hit.hidden:
        lines.append("    note: the page holds words that nobody sees on it")
    if hit.copies:
        source, page = hit.copies[0]
        more = f" and {len(hit.copies) - 1} more" if len(hit.copies) > 1 else ""
        lines.append(f"    the same: {safe(source)}, page {page}{more}")
    if asked:
        notes = {"caption": hit.caption and f"“{safe(hit.caption)}”", "image": _seen(hit.view)}
        lines += [
            _signal_text(name, score, notes.get(name) or "")
            for name, score in hit.signals.items()
            if name in asked
        ]
        if hit.rerank is not None:
            lines.append(f"    {'rerank':8} {_reread(hit.rerank)}")
        for name, prior in (("recency", hit.recency), ("learned", hit.remembered)):
            if prior is not None:
                bar = "█" * round(prior * _BAR)
                lines.append(f"    {name:8} {bar:·<{_BAR}}  {prior:.3f} of 1")
    return "\n".join(lines)


def _reread(rerank: Reranked) -> str:
    parts = ", ".join(f"{name} {share:.2f}" for name, share in rerank.parts.items())
    return f"{safe(rerank.model)} {rerank.score:.3f}, was {rerank.before}." + (f"  {parts}" if parts else "")


def _seen(view: View | None) -> str:
    """Which part of the page the image signal found; "" for all of it."""
    if view is None or view.kind == "image":
        return ""
    return f"{view.name or view.kind} at {', '.join(f'{v:.2f}' for v in view.box)}"


def _signal_text(name: str, score: Any, note: str) -> str:
    if score is None:
        return f"    {name:8} {'·' * _BAR}  did not find it"
    filled = round(max(0.0, min(1.0, score.norm)) * _BAR)
    bar = "█" * filled + "·" * (_BAR - filled)
    return f"    {name:8} {bar}  rank {score.rank}, raw {score.raw:.3f}, normalised {score.norm:.3f}, weight {score.weight:.2f}{note and f'  {note}'}"


def answer_text(answer: Answer) -> str:
    lines = [f"understood as: {safe(answer.understood)}"] if answer.understood else []
    if answer.error is None:
        lines.append(safe(answer.text))
    for c in answer.citations:
        checked = "" if c.verified else "  (not verified)"
        lines.append(f"  [{c.n}] {safe(c.source)}, page {c.page}: “{safe(_flat(c.quote))}”{checked}")
    lines += [f"  note: {safe(w)}" for w in answer.warnings]
    lines += (
        [f"  asked in {answer.rounds} rounds: all of it was too much for one"] if answer.rounds > 1 else []
    )
    if answer.error is not None:
        lines += [f"  found: {safe(hit.source)}, page {hit.page}" for hit in answer.evidence[:5]]
    elif answer.abstained and answer.evidence:
        nearest = answer.evidence[0]
        lines.append(f"  nearest page: {safe(nearest.source)}, page {nearest.page}")
    return "\n".join(lines)


def list_text(assets: Sequence[Mapping[str, Any]]) -> str:
    if not assets:
        return "The library is empty. Type: triptych add FOLDER"
    rows = [
        f"{a['asset'][:12]}  {a['kind']:8} {a['pages']:5}  {a['status']:8} {safe(a['collection']):12} {safe(', '.join(a['sources']))}"
        for a in assets
    ]
    return "\n".join([f"{'id':12}  {'kind':8} {'pages':>5}  {'status':8} {'collection':12} source", *rows])


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        value = [f"{name}: {what}" for name, what in value.items()]
    return safe(", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))


def shown_text(known: Mapping[str, Any]) -> str:
    """`show` for people: the asset's facts, then each page with how it was read."""
    lines = [
        f"{key:11} {_value(value)}" for key, value in known.items() if key not in ("pages", "meta") and value
    ]
    own = {key: value for key, value in known.get("meta", {}).items() if key != "tags"}  # told above
    lines += [f"{'its ' + key:11} {_value(value)}" for key, value in own.items()]
    for page in known["pages"]:
        lines.append("")
        facts = [f"{page['width']}x{page['height']}", f"text: {page['text_source']}"]
        facts += [f"engine: {page['ocr_engine']}"] if page["ocr_engine"] else []
        facts += [f"language: {page['language']}"] if page["language"] else []
        facts += [f"{page['dpi']:g} dpi"] if page["dpi"] else []
        facts += [f"turned: {page['turned']}°"] if page["turned"] else []
        facts += [f"confidence: {page['confidence']:.2f}"] if page["confidence"] is not None else []
        facts += [f"FAILED: {page['failed']}"] if page["failed"] else []
        lines.append(f"page {page['page']}  ({', '.join(facts)})")
        if said := _hidden(page["meta"]):
            lines.append(said)
        lines += [f"  caption by {c['origin']}: {safe(c['text'])}" for c in page["captions"]]
        lines += [f"  {r['name']}: {safe(r['text'])}" for r in page["regions"] if r["name"] not in _PARTS]
        if len(page["views"]) > 1:
            parts = (v["name"] or v["kind"] for v in page["views"][1:])
            lines.append(f"  seen apart: {', '.join(parts)}")
        if "text" in page:
            lines += [f"  {safe(line)}" for line in page["text"].split("\n")]
    return "\n".join(lines)


def _hidden(meta: Mapping[str, Any]) -> str:
    """What of a page's text nobody sees on it, as people are told; "" for most pages."""
    from triptych.pages.hidden import telling

    found = meta.get("hidden") or {}
    if not telling(found):
        return ""
    return f"  nobody sees {found['words']} of its words: “{safe(found['text'])}”"


def evaluation_text(report: Mapping[str, Any]) -> str:
    """The `eval` report as a table; of several sets a line for each, and their mean."""
    if "sets" in report:
        return "\n".join(_evaluations(report))
    lines = [f"{safe(report['set'])}: {report['documents']} documents, {report['queries']} queries"]
    lines.append(f"{'':16}" + "".join(f"{n:>11}" for n in _METRICS))
    tables = [("", report["metrics"])]
    tables += [("pages ", report["pages"])] if report.get("pages") else []
    tables += [("", {name.replace("_", " "): row for name, row in report["directions"].items()})]
    for prefix, table in tables:
        lines += [_metrics_line(prefix + name, row) for name, row in table.items() if row]
    against = report["against"]
    moved = against["ndcg@10"]
    lines.append(
        f"fused against {against['signal']}: {moved['difference']:+.3f} nDCG@10 "
        f"({against['confidence']:.0%}: {moved['low']:+.3f} to {moved['high']:+.3f}; "
        f"better on {moved['better']} queries, worse on {moved['worse']})"
    )
    if report.get("answers"):
        lines.append("answers   " + "  ".join(f"{k} {_short(v)}" for k, v in report["answers"].items()))
    lines += _ablation_lines(report.get("ablation", ()))
    lines.append("seconds   " + "  ".join(f"{k} {v}" for k, v in report["seconds"].items()))
    return "\n".join(lines)


def _metrics_line(name: str, row: Mapping[str, float]) -> str:
    return f"{name:16}" + "".join(f"{row[n]:11.3f}" if n in row else " " * 11 for n in _METRICS)


def _ablation_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A line for each ablation: nDCG@10, and the change with its interval."""
    lines = [f"{'otherwise':40}{'nDCG@10':>9}{'change':>9}"] if rows else []
    for row in rows:
        moved = row["change"]["ndcg@10"]
        sure = "" if moved["low"] <= 0 <= moved["high"] else "  surely"
        lines.append(
            f"{row['group'] + ', ' + row['variant']:40}{row['metrics']['ndcg@10']:9.3f}{moved['difference']:+9.3f}"
            f"  ({moved['low']:+.3f} to {moved['high']:+.3f}){sure}"
        )
    return lines


def _evaluations(whole: Mapping[str, Any]) -> Iterator[str]:
    """nDCG@10 of every set and signal, then the mean."""
    mean = whole["mean"]
    rows = [(r["set"], r["metrics"], r["against"]["ndcg@10"]["difference"]) for r in whole["sets"]]
    rows.append(("mean", mean["metrics"], mean["margin"]["mean"]))
    names = [name for name, row in mean["metrics"].items() if row]
    width = max(len(safe(name)) for name, _, _ in rows)
    yield f"{'nDCG@10':{width}}" + "".join(f"{n:>9}" for n in names) + f"{'margin':>9}"
    for name, metrics, margin in rows:
        cells = (f"{metrics[n]['ndcg@10']:9.3f}" if metrics[n] else " " * 9 for n in names)
        yield f"{safe(name):{width}}" + "".join(cells) + f"{margin:+9.3f}"
    for row in mean.get("ablation", ()):
        sets = plural(row["sets"], "set")
        yield f"{row['group'] + ', ' + row['variant']:40}{row['change']['ndcg@10']['difference']:+9.3f}  ({sets})"


def _short(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.3f}"
