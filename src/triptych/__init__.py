"""Triptych: multi-modal RAG over your own pages, with the words boxed where they stand.

    import triptych
    with triptych.open("my-library") as lib:
        lib.add("scans/")
        answer = lib.ask("What is the total on the ACME invoice?")

Importing this package loads no model and no index: names are resolved when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "open": "triptych.library",
    "Library": "triptych.library",
    "Box": "triptych.types",
    "Hit": "triptych.types",
    "Citation": "triptych.types",
    "TriptychError": "triptych.errors",
    "Turn": "triptych.dialogue.conversation",
}

if TYPE_CHECKING:
    from triptych.dialogue.conversation import Turn as Turn
    from triptych.errors import TriptychError as TriptychError
    from triptych.library import Library as Library
    from triptych.library import open as open
    from triptych.types import Box as Box
    from triptych.types import Citation as Citation
    from triptych.types import Hit as Hit

__all__ = ["Box", "Citation", "Hit", "Library", "TriptychError", "Turn", "__version__", "open"]


def __dir__() -> list[str]:
    return list(__all__)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'triptych' has no attribute '{name}'")
