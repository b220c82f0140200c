"""Named points at which a test can crash the process, to prove that no crash loses or doubles anything.

`TRIPTYCH_CRASH_AT=blob-synced` ends the process there with SIGKILL, as a power cut would;
`blob-synced:3` does so at the third passing. Without the variable a point costs one look-up.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

VARIABLE = "TRIPTYCH_CRASH_AT"

POINTS = (
    "blob-staged",  # the original is copied, nothing is durable
    "blob-synced",  # its bytes are on the disk under a temporary name
    "blob-uploaded",  # the same in a remote store
    "blob-renamed",  # it has its name, the folder is not on the disk yet
    "blob-kept",  # it is durable, the catalog does not know it
    "catalog-before-commit",  # asset, pages, chunks and vectors are written, not committed
    "acknowledged",  # all is durable, nobody has been told
    "catalog-after-commit",  # committed, no index knows it
    "alias-before-commit",  # a further path of known content
    "remove-before-commit",
    "remove-after-commit",  # gone from the catalog, still in the indexes and among the blobs
    "keyword-added",  # handed to the keyword index, not committed there
    "keyword-intended",  # the next watermark is written down
    "keyword-committed",  # committed there, the vectors not
    "keyword-swapped",  # a rebuilt keyword index took the place of the old one
    "store-written",  # a new vector file is on the disk under a temporary name
    "store-renamed",  # it has its name
    "rebuild-started",  # nothing is made yet
)

_passed: Counter[str] = Counter()


def point(name: str) -> None:
    """End this process here if the environment says so. `name` is one of `POINTS`."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    at, _, nth = wanted.partition(":")
    if at != name:
        return
    _passed[name] += 1
    if _passed[name] == int(nth or 1):
        os.kill(os.getpid(), signal.SIGKILL)
