"""`triptych models`: which models are here, checking them, removing them. `pull` fetches them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from triptych.errors import ModelError, UserError
from triptych.hub import model_files
from triptych.hub.model_files import KNOWN, MANIFEST, partial, spec_of


def listing() -> list[dict[str, Any]]:
    """Every known and every pulled model with its status: pulled, damaged, partial, cached, absent."""
    specs = [model.spec for model in KNOWN]
    specs += [spec_of(manifest.parent) for manifest in sorted(model_files.home().glob(f"*/*/{MANIFEST}"))]
    specs += [model_files.spec_of_partial(folder) for folder in sorted(model_files.home().glob(".partial/*"))]
    return [_row(spec) for spec in dict.fromkeys(specs)]


def _row(spec: str) -> dict[str, Any]:
    known, folder = model_files.known(spec), model_files.place(spec)
    status, size = "absent", known.bytes if known else 0
    if (folder / MANIFEST).is_file():
        status, size = _pulled(folder)
    elif partial(spec).is_dir():
        status = "partial"
    elif known and all(model_files.cached(repo) for repo in known.repos):
        status = "cached"
    return {
        "spec": spec,
        "status": status,
        "bytes": size,
        "licence": known.licence if known else "",
        "note": known.note if known else "",
        "folder": str(folder) if status in ("pulled", "damaged") else "",
    }


def _pulled(folder: Path) -> tuple[str, int]:
    """By sizes only; `check` compares hashes."""
    try:
        files = model_files.read(folder)["files"]
    except ModelError:
        return "damaged", 0
    whole = all(
        (folder / name).is_file() and (folder / name).stat().st_size == file["bytes"]
        for name, file in files.items()
    )
    return "pulled" if whole else "damaged", sum(file["bytes"] for file in files.values())


def check(specs: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Hashes every file of the pulled models `specs` (all of them when empty): spec, ok, differences."""
    found = [_existing(spec) for spec in specs] or sorted(
        p.parent for p in model_files.home().glob(f"*/*/{MANIFEST}")
    )
    reports = []
    for folder in found:
        model_files.forget(folder)
        try:
            wrong = model_files.differences(folder)
            if not wrong:
                model_files.trust(folder)
        except ModelError as error:
            wrong = [str(error)]
        reports.append(
            {"spec": spec_of(folder), "ok": not wrong, "differences": wrong, "folder": str(folder)}
        )
    return reports


def remove(spec: str) -> int:
    """Delete a pulled or half-downloaded model; returns the bytes that were freed."""
    begun = partial(spec)
    folder = begun if begun.is_dir() and not model_files.place(spec).is_dir() else _existing(spec)
    places = [place for place in dict.fromkeys((folder, begun)) if place.is_dir()]
    size = sum(_size(place) for place in places)
    model_files.forget(folder)
    for place in places:
        shutil.rmtree(place)
    return size


def _existing(spec: str) -> Path:
    folder = model_files.place(spec)
    if not folder.is_dir():
        here = (
            ", ".join(spec_of(m.parent) for m in sorted(model_files.home().glob(f"*/*/{MANIFEST}"))) or "none"
        )
        raise UserError(f"The model '{spec}' was not pulled. Pulled models: {here}.")
    return folder


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
