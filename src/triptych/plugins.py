"""Finds back ends by directory and entry point, without importing one.

A back end of kind `ocr` named `rapidocr` is the file `ocr/rapidocr.py` with a function
`load(argument, **settings)`. Its heavy imports stand on top of that file, which is read only when
it is asked for. Other packages add theirs by the entry point group `triptych.ocr`.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from triptych.errors import MissingPackage, UserError
from triptych.privacy import no_telemetry

_ROOT = Path(__file__).parent


def kinds() -> list[str]:
    """Folders of back ends: sub-packages whose docstring begins with 'Back ends'."""
    return sorted(p.parent.name for p in _ROOT.glob("*/__init__.py") if _doc(p).startswith("Back ends"))


def _doc(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def names(kind: str) -> dict[str, str]:
    """Back-end name -> module path. Ours win: a plug-in cannot shadow a built-in."""
    found = {
        m.name: f"triptych.{kind}.{m.name}"
        for m in pkgutil.iter_modules([str(_ROOT / kind)])
        if not m.name.startswith("_")
    }
    for point in entry_points(group=f"triptych.{kind}"):
        found.setdefault(point.name, point.value)
    return dict(sorted(found.items()))


def summary(kind: str, name: str) -> str:
    """First line of the back end's docstring, read without importing it."""
    path = _ROOT / kind / f"{name}.py"
    if not path.exists():
        return "(from another package)"
    return _doc(path).split("\n", 1)[0]


def split(spec: str) -> tuple[str, str]:
    """`name:argument` -> (name, argument)."""
    name, _, argument = spec.partition(":")
    return name, argument


def load(kind: str, spec: str, **settings: Any) -> Any:
    """Import and build the back end that `spec` (`name` or `name:argument`) names.

    Raises UserError for an unknown name, MissingPackage with the command to type when a foreign
    package is missing. An import error of our own, or of a broken library, is never swallowed.
    """
    check(kind, spec)
    name, argument = split(spec)
    return module(kind, name).load(argument, **settings)


def check(kind: str, spec: str) -> None:
    """Raises UserError when no back end has the name in `spec`. Imports nothing."""
    known = names(kind)
    name = split(spec)[0]
    if name not in known:
        near = get_close_matches(name, known, 1)
        guess = f" Did you mean '{near[0]}'?" if near else f" For a model of that name write BACKEND:{name}."
        raise UserError(f"There is no back end '{name}' in {kind}.{guess} Known: {', '.join(known)}.")


def module(kind: str, name: str) -> ModuleType:
    """The imported file of a back end. Raises as `load` does."""
    no_telemetry()
    try:
        return importlib.import_module(names(kind)[name])
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith("triptych"):
            raise
        raise MissingPackage(
            f"The {kind} back end '{name}' needs the Python package '{error.name}', which is not "
            f"installed. Type: pip install 'triptych[{name}]'"
        ) from error
