"""What works on this machine, and the command to type for what does not."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from triptych import __version__, plugins, settings
from triptych.errors import TriptychError

_CORE = (
    "numpy",
    "pillow",
    "pypdfium2",
    "rapidocr",
    "openvino",
    "faiss-cpu",
    "tantivy",
    "tokenizers",
    "sqlalchemy",
)


def examine(library: str, config: Path | None) -> dict[str, Any]:
    """Import every back end in turn (one that ships files checks their hashes: `verify`), look at the
    library and the disk. `ok`: what is set up works."""
    folder = Path(library)
    chosen, _ = settings.load(folder, config)
    report: dict[str, Any] = {
        "ok": True,
        "triptych": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "packages": {name: _version(name) for name in _CORE},
        "backends": {
            kind: {n: _check(kind, n, chosen) for n in plugins.names(kind)} for kind in plugins.kinds()
        },
        "vlm": _vlm(chosen.vlm),
        "library": _library(folder, config),
        "disk_free_gb": round(shutil.disk_usage(_existing(folder)).free / 1e9, 1),
    }
    for kind, spec in chosen.backends():
        state = report["backends"][kind].get(plugins.split(spec)[0])
        if spec != "none" and (state is None or not state["works"]):
            report["ok"] = False
    report["ok"] = report["ok"] and report["vlm"]["works"] and not report["library"].get("error")
    return report


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _existing(path: Path) -> Path:
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path


def _check(kind: str, name: str, chosen: settings.Settings) -> dict[str, Any]:
    about = plugins.summary(kind, name)
    try:
        module = plugins.module(kind, name)
    except TriptychError as error:
        return {"works": False, "about": about, "error": str(error)}
    if wrong := module.verify() if hasattr(module, "verify") else []:
        return {"works": False, "about": about, "error": " ".join(wrong)}
    return {"works": True, "about": about, "error": None}


def _vlm(spec: str) -> dict[str, Any]:
    """The model that answers: a server is asked whether it is there and has it; nothing is generated."""
    name, argument = plugins.split(spec)
    if spec == settings.EXTRACTIVE:
        return {"spec": spec, "works": True, "about": "quotes from the pages, no model", "error": None}
    try:
        module = plugins.module("vlms", name)
        about = module.reach(argument) if hasattr(module, "reach") else plugins.summary("vlms", name)
    except TriptychError as error:
        return {"spec": spec, "works": False, "about": "", "error": str(error)}
    return {"spec": spec, "works": True, "about": about, "error": None}


def _library(folder: Path, config: Path | None) -> dict[str, Any]:
    if not folder.exists():
        return {"path": str(folder), "exists": False}
    from triptych.library import open as open_library

    try:
        with open_library(folder, create=False, config=config) as library:
            library.index.refresh()
            panels = library.index.panels.items()
            vectors = [f"{signal} {panel.store.about()}" for signal, panel in panels if len(panel.store)]
            return {"path": str(folder), "exists": True, **library.statistics(), "indexes": vectors}
    except TriptychError as error:
        return {"path": str(folder), "exists": True, "error": str(error)}


def report_text(report: Mapping[str, Any]) -> str:
    lines = [f"triptych {report['triptych']}, Python {report['python']}, {report['system']}"]
    lines.append("  ".join(f"{name} {found or 'MISSING'}" for name, found in report["packages"].items()))
    for kind, found in report["backends"].items():
        lines.append(f"{kind}:")
        for name, state in found.items():
            mark = "works  " if state["works"] else "missing"
            lines.append(f"  {mark}  {name:22} {state['error'] or state['about']}")
    vlm = report["vlm"]
    lines.append(f"answers by {vlm['spec']}: {vlm['error'] or vlm['about']}")
    library = report["library"]
    facts = ", ".join(
        f"{k} {', '.join(v) or 'none' if isinstance(v, list) else v}"
        for k, v in library.items()
        if k not in ("path", "exists", "indexes")
    )
    lines.append(
        f"library {library['path']}: {facts if library['exists'] else 'not made yet (triptych add makes it)'}"
    )
    lines += [f"  vectors of {index}" for index in library.get("indexes", ())]
    lines.append(f"disk: {report['disk_free_gb']} GB free")
    return "\n".join(lines)
