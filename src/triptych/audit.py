"""What differs between the catalog and its projections: ids both ways, contents, counts."""

from __future__ import annotations

import numpy as np

from triptych import replay
from triptych.catalog import Catalog
from triptych.errors import WrongSpace
from triptych.keyword import KeywordIndex
from triptych.seams import Store

_SHOWN = 5  # examples in one line
_TOLERANCE = 2e-3  # float16 rows, and stores that keep them normalised in their own way


def differences(catalog: Catalog, keyword: KeywordIndex, store: Store, space: str) -> list[str]:
    """One line per kind of difference; [] when all agree."""
    last = catalog.last_change()
    keys = replay.keys(catalog)
    found = keyword.damage()
    found += _ids("The keyword index", keys, keyword.ids())
    found += _ids("The vector store", keys, store.ids())
    for name, watermark in (("keyword index", keyword.watermark), ("vector store", store.watermark)):
        if watermark != last:
            found.append(f"The {name} stands at change {watermark}, the catalog at {last}.")
    missing = replay.without_vector(catalog, space)
    if missing:
        found.append(f"{len(missing)} chunks have no vector of '{space}': {_some([k for k, _ in missing])}.")
    else:
        found += _vectors(catalog, store, space, int(keys[-1]) if len(keys) else 0)
    orphans = replay.orphan_vectors(catalog)
    if orphans:
        found.append(f"{orphans} vectors belong to no chunk.")
    return found


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


def _vectors(catalog: Catalog, store: Store, space: str, last: int) -> list[str]:
    """Whether the store's vectors are the catalog's."""
    wrong: list[int] = []
    try:
        for keys, rows in replay.vectors(catalog, space, 1, last):
            off = np.abs(store.get(keys) - rows.astype(np.float32)).max(axis=1) > _TOLERANCE
            wrong += keys[off].tolist()
    except WrongSpace as error:
        return [str(error)]
    return [f"The vector store holds other vectors than the catalog for {_some(wrong)}."] if wrong else []


def _some(keys: np.ndarray | list[int]) -> str:
    shown = ", ".join(str(int(key)) for key in keys[:_SHOWN])
    return f"{shown}, ... ({len(keys)})" if len(keys) > _SHOWN else shown
