"""Newer pages a little before older ones: a prior with a half-life. Off unless `search.half_life_days` is set.

The prior is `2 ^ (-age / half-life)`: 1 today, one half after one half-life; see `fuse.aged` for what it does to a
score. Age counts from the document's own time, as a camera or a writer noted it, else from that of its file.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from sqlalchemy import func, select

from triptych.catalog import Catalog
from triptych.sql import database, schema
from triptych.sql import statements as sql

_DAY = 86_400.0  # seconds


def recent(catalog: Catalog, assets: np.ndarray, half_life_days: float, now: datetime) -> np.ndarray | None:
    """(n,) float64 in 0..1 for each of `assets` (keys): 1 for what is from now or later, 0 where no time is
    known. None where age plays no part."""
    if half_life_days <= 0:
        return None
    keys, at = np.unique(assets, return_inverse=True)
    ages = (now.timestamp() - _times(catalog, keys)) / _DAY
    priors: np.ndarray = np.nan_to_num(np.exp2(-np.maximum(ages, 0.0) / half_life_days), nan=0.0)[at]
    return priors


def _times(catalog: Catalog, assets: np.ndarray) -> np.ndarray:
    """Seconds since 1970 (n,) float64 of each asset; NaN where the catalog knows of none."""
    newest = (
        select(func.max(schema.source.c.modified))
        .where(schema.source.c.asset == schema.asset.c.key)
        .scalar_subquery()
    )
    query = select(schema.asset.c.key, schema.asset.c.meta[("created",)].as_string(), newest)
    known: dict[int, float] = {}
    with database.reading(catalog.engine) as connection:
        for batch in sql.batches(assets.tolist()):
            for key, created, modified in connection.execute(query.where(schema.asset.c.key.in_(batch))):
                own = _seconds(created)
                known[key] = own if own is not None else np.nan if modified is None else modified
    return np.array([known.get(key, np.nan) for key in assets.tolist()], np.float64)


def _seconds(moment: str | None) -> float | None:
    """An ISO 8601 time, in UTC where it names no zone; None when it is none."""
    try:
        read = datetime.fromisoformat(moment or "")
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
