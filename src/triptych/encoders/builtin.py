"""Built-in encoders, no torch and no download.

minilm (default for text), static (fast, clearly weaker), look (pictures, with minilm as its text side).
"""

from __future__ import annotations

import importlib

from triptych.errors import UserError
from triptych.seams import Encoder

NAMES = ("minilm", "static", "look")


def load(argument: str = "", *, threads: int = 0) -> Encoder:
    """One of NAMES; '' means minilm. `threads` = 0 uses all cores."""
    name = argument or "minilm"
    if name not in NAMES:
        raise UserError(
            f"There is no built-in encoder '{name}'. Known: {', '.join(NAMES)}. "
            'Write encoder = "builtin:minilm" in triptych.toml.'
        )
    # Each is imported when asked for: static works without importing OpenVINO.
    made: Encoder = importlib.import_module(f"triptych.encoders._{name}").load(threads)
    return made


def verify() -> list[str]:
    """One line for each shipped weight file whose hash is wrong; [] when all is well."""
    from triptych.encoders import _weights

    return _weights.verify()
