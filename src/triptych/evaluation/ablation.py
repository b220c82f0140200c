"""Ablations: the same queries with one thing otherwise, each compared with the library as it is.

What changes a question only (a fusion, a signal left out) is asked of the library itself; what changes pages
is asked of a variant of the library, where the set has something that it changes (`variants`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triptych import fuse, library
from triptych.errors import UserError
from triptych.evaluation import variants
from triptych.evaluation.asking import Asking, Ranking
from triptych.evaluation.bootstrap import Change, change, mean
from triptych.evaluation.labelled import LabelledSet
from triptych.evaluation.measures import LEADING, Run, Values, values
from triptych.evaluation.notes import Note
from triptych.library import Library
from triptych.ranking import learned


@dataclass(frozen=True, slots=True)
class Row:
    """One ablation: its means, and how far the leading metric moved from the library as it is."""

    group: str
    name: str
    means: Mapping[str, float]
    moved: Change

    def to_dict(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "variant": self.name,
            "metrics": dict(self.means),
            "change": {LEADING: self.moved._asdict()},
        }


@dataclass(frozen=True, slots=True)
class Ground:
    """What every ablation of a set shares."""

    lib: Library
    labels: LabelledSet
    asking: Asking
    home: Path  # where variants of the library are kept
    config: Path | None
    settings: Mapping[str, Any]
    note: Note


def ablate(ground: Ground) -> list[Row]:
    """All ablations of a set, those that cost little first."""
    judged, baseline = ground.labels.judged, values(ground.labels.judged, ground.asking.ranking().documents)
    planned = variants.planned(ground.lib)
    rows = [_row(group, name, baseline, values(judged, r.documents)) for group, name, r in _asked(ground)]
    for number, variant in enumerate(planned, 1):
        ground.note(
            f"{ground.labels.name}: variant {number} of {len(planned)}, {variant.group} {variant.name}"
        )
        rows.append(_row(variant.group, variant.name, baseline, values(judged, _varied(ground, variant))))
    return rows


def _row(group: str, name: str, before: Values, after: Values) -> Row:
    return Row(group, name, after.means(), change(before.column(), after.column()))


def _asked(ground: Ground) -> Iterator[tuple[str, str, Ranking]]:
    """Ablations of the question: every other fusion, every signal left out."""
    signals = ground.lib.signals()
    if len(signals) < 2:
        return
    has_learned = (ground.lib.folder / learned.FILE).is_file()
    for method in (*fuse.METHODS, *((fuse.LEARNED,) if has_learned else ())):
        if method != ground.asking.fusion:
            ground.note(f"{ground.labels.name}: fusion {method}")
            try:
                yield "fusion", method, ground.asking.ranking(fusion=method)
            except UserError as error:  # learned from other signals than these
                ground.note(f"{ground.labels.name}: fusion {method} is left out: {error}")
    for signal in signals:
        ground.note(f"{ground.labels.name}: without {signal}")
        yield "signals", f"without {signal}", ground.asking.ranking(_others(signals, signal))


def _others(signals: Sequence[str], left_out: str) -> list[str]:
    return [name for name in signals if name != left_out]


def _varied(ground: Ground, variant: variants.Variant) -> Run:
    """The fused documents of a variant."""
    folder = variants.made(
        ground.lib, ground.home, variant, config=ground.config, settings=ground.settings, note=ground.note
    )
    settings = {**ground.settings, **variant.settings}
    with library.open(folder, config=ground.config, settings=settings) as lib:
        return ground.asking.on(lib).ranking().documents


def over_sets(reports: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Ablations over several sets: the mean change of each over the sets that have it, and how many those are."""
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for rows in reports:
        for row in rows:
            moved = row["change"][LEADING]
            key = row["group"], row["variant"]
            found.setdefault(key, []).append((moved["difference"], moved["low"], moved["high"]))
    told = []
    for (group, name), changes in found.items():
        value, low, high = mean(changes)
        change = {LEADING: {"difference": value, "low": low, "high": high}}
        told.append({"group": group, "variant": name, "sets": len(changes), "change": change})
    return told
