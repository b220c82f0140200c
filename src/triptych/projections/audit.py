"""What differs between the catalog and its projections: ids both ways, contents, counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from triptych.catalog import Catalog
from triptych.errors import WrongSpace
from triptych.projections.keyword import KeywordIndex
from triptych.projections.panel import Panel
from triptych.sql import replay

_SHOWN = 5  # examples in one line
_TOLERANCE = 2e-3  # float16 rows, and stores that keep them normalised in their own way


def differences(catalog: Catalog, keyword: KeywordIndex, panels: Sequence[Panel]) -> list[str]:
    """One line per kind of difference; [] when all agree."""
    last = catalog.last_change()
    found = keyword.damage()
    found += _ids("The keyword index", replay.keys(catalog, "keyword"), keyword.ids())
    found += _watermark("keyword index", keyword.watermark, last)
    for panel in panels:
        found += _panel(catalog, panel, last)
    orphans = replay.orphan_vectors(catalog)
    if orphans:
        found.append(f"{orphans} vectors belong to no chunk.")
    return found


def _panel(catalog: Catalog, panel: Panel, last: int) -> list[str]:
    """What differs between the catalog and the store of one signal."""
    name, store, space = f"vector store of '{panel.signal}'", panel.store, panel.space.name
    keys = replay.keys(catalog, panel.signal)
    found = _ids(f"The {name}", keys, store.ids()) + _watermark(name, store.watermark, last)
    if missing := replay.without_vector(catalog, panel.signal, space):
        said = _some([key for key, _ in missing])
        return [*found, f"{len(missing)} pieces of '{panel.signal}' have no vector of '{space}': {said}."]
    return found + _vectors(catalog, panel, int(keys[-1]) if len(keys) else 0)


def _watermark(name: str, watermark: int, last: int) -> list[str]:
    return [] if watermark == last else [f"The {name} stands at change {watermark}, the catalog at {last}."]


def _ids(name: str, keys: np.ndarray, ids: np.ndarray) -> list[str]:
    lacking, extra = np.setdiff1d(keys, ids), np.setdiff1d(ids, keys)
    found = []
    if len(lacking):
        found.append(f"{name} lacks {len(lacking)} chunks of the catalog: {_some(lacking)}.")
    if len(extra):
        found.append(f"{name} holds {len(extra)} chunks that are not in the catalog: {_some(extra)}.")
    if len(np.unique(ids)) != len(ids):
        found.append(f"{name} holds {len(ids) - len(np.unique(ids))} chunks twice.")
    return found


def _vectors(catalog: Catalog, panel: Panel, last: int) -> list[str]:
    """Whether the store's vectors are the catalog's."""
    wrong: list[int] = []
    try:
        for keys, rows in replay.vectors(catalog, panel.signal, panel.space.name, 1, last):
            known, held = panel.store.get(keys)  # those that it lacks are told of elsewhere
            off = np.abs(held - rows[known].astype(np.float32)).max(axis=1, initial=0.0) > _TOLERANCE
            wrong += keys[known[off]].tolist()
    except WrongSpace as error:
        return [str(error)]
    said = f"The vector store of '{panel.signal}' holds other vectors than the catalog for {_some(wrong)}."
    return [said] if wrong else []


def _some(keys: np.ndarray | list[int]) -> str:
    shown = ", ".join(str(int(key)) for key in keys[:_SHOWN])
    return f"{shown}, ... ({len(keys)})" if len(keys) > _SHOWN else shown
