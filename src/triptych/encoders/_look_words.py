"""Names of colours: which of them a text asks for, which of them describe a picture.

The eleven basic colour names are those of Berlin and Kay ("Basic Color Terms", 1969).
"""

from __future__ import annotations

import re

import numpy as np

NAMES = (
    "black",
    "white",
    "grey",
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "brown",
    "dark",
    "light",
    "colourful",
)
BASIC = 11  # of NAMES are colours, the rest are of the whole picture
GREY, CHROMATIC = 2, 3  # places in NAMES: of grey, of the first hue
DIM = len(NAMES)

# What people write for them. Longer phrases first: "black and white" is no black.
_WORDS = {
    "black and white|monochrome|grayscale|greyscale|black-and-white": {"grey": 1.0, "colourful": -1.0},
    "colourful|colorful|multicoloured|multicolored|rainbow|vivid": {"colourful": 1.0},
    "dark mode|dark theme|night mode": {"dark": 1.0},
    "light mode|light theme": {"light": 1.0},
    "black": {"black": 1.0},
    "white": {"white": 1.0},
    "grey|gray|silver": {"grey": 1.0},
    "red|crimson|scarlet|maroon|burgundy": {"red": 1.0},
    "orange": {"orange": 1.0},
    "yellow|golden|gold": {"yellow": 1.0},
    "green|lime|olive|emerald": {"green": 1.0},
    "teal|turquoise": {"green": 0.7, "blue": 0.7},
    "blue|navy|azure|indigo|cyan": {"blue": 1.0},
    "purple|violet|lilac|lavender": {"purple": 1.0},
    "pink|magenta|fuchsia|rose-coloured": {"pink": 1.0},
    "brown|beige|tan|sepia": {"brown": 1.0},
    "dark": {"dark": 0.5},
    "light|bright|pale": {"light": 0.3},
}
_PATTERN = re.compile("|".join(rf"\b(?P<w{i}>{words})\b" for i, words in enumerate(_WORDS)), re.IGNORECASE)
_MEANINGS = tuple(_WORDS.values())

NAMED = 0.25  # evidence from which a colour is said to be there


def asked(text: str) -> np.ndarray:
    """(DIM,) weights of the colours that `text` names; zeros when it names none."""
    weights = np.zeros(DIM, np.float32)
    for found in _PATTERN.finditer(text):
        meaning = _MEANINGS[int(found.lastgroup[1:])] if found.lastgroup else {}
        for name, weight in meaning.items():
            index = NAMES.index(name)
            weights[index] = weight if abs(weight) > abs(weights[index]) else weights[index]
    return weights


def named(evidence: np.ndarray) -> list[tuple[str, float]]:
    """(DIM,) evidence of one picture -> the names that describe it, strongest first."""
    order = np.argsort(-evidence)
    return [(NAMES[i], float(evidence[i])) for i in order if evidence[i] >= NAMED]
