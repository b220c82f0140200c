"""What shapes an asset's pages, passages and views, in a line that is stored with it.

When the line changes, what is stale is made again: reading, cutting and looking each have their part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from triptych import plugins
from triptych.errors import UserError, WrongSpace
from triptych.records import Space, Spaces
from triptych.seams import Encoder, PageEncoder
from triptych.settings import Settings

ENCODERS = {"encoder": "text", "image_encoder": "image"}  # settings, and a signal that each one makes
BUILTIN = "builtin"  # the back end that needs no package and no accelerator
PLAIN = ("text", "markdown", "csv")  # kinds of files without pictures: OCR and looks are nothing to them
VERSION = 2  # raise it when reading or chunking changes what a page gives


@dataclass(frozen=True, slots=True)
class Encoders:
    """The encoders of one library: for texts and captions, and for pictures if there is one."""

    text: Encoder
    image: Encoder | None = None

    @classmethod
    def load(cls, settings: Settings) -> Encoders:
        """Those that are set. Raises UserError when the image encoder sees no pictures."""
        text = _encoder(settings.encoder, settings.search.threads)
        spec = settings.image_encoder
        image = None if spec == "none" else _encoder(spec, settings.search.threads)
        if image is not None and "image" not in image.sees and not isinstance(image, PageEncoder):
            raise UserError(
                f"The encoder '{spec}' sees text only, so it cannot be the image encoder. Set image_encoder to "
                f"one that sees pictures, like builtin:look or open_clip:MODEL, or to none."
            )
        return cls(text, image)

    def check(self, made_with: Spaces, settings: Settings) -> None:
        """Raises WrongSpace when a library holds vectors that other encoders made."""
        for name, signal in ENCODERS.items():
            space, held = self.spaces.get(signal), made_with.get(signal)
            if space is not None and held is not None and held.name != space.name:
                spec, kind = getattr(settings, name), name.replace("_", " ")
                raise WrongSpace(
                    f"This library holds vectors of '{held.name}'; the {kind} '{spec}' makes '{space.name}'. "
                    f"Set the {kind} it was made with, or re-embed it: "
                    f"triptych rebuild --{kind.replace(' ', '-')} {spec}"
                )

    @property
    def spaces(self) -> Spaces:
        """The space of each signal that compares vectors."""
        text = Space(self.text.space, self.text.dim)
        found = {"text": text, "caption": text}
        if self.image is not None:
            found["image"] = Space(self.image.space, self.image.dim)
        return found


def _encoder(spec: str, threads: int) -> Encoder:
    options = {"threads": threads} if plugins.split(spec)[0] == BUILTIN else {}
    made: Encoder = plugins.load("encoders", spec, **options)
    return made


class Pipeline(NamedTuple):
    """The three parts of the line."""

    reading: str
    cutting: str
    look: str

    @classmethod
    def of(cls, settings: Settings, encoders: Encoders, captioner: str) -> Pipeline:
        """`captioner` is the name of the one that describes each page as it is added, or "none"."""
        ocr, cut, look = settings.ocr, settings.chunk, settings.look
        tiles = f"{look.tile} {look.overlap} {look.threshold} {look.dense}" if look.tiles else "no tiles"
        image = "none" if encoders.image is None else encoders.image.space
        detectors = look.detectors.replace(" ", "+")
        return cls(
            f"{VERSION} {ocr.engine} {ocr.language} {ocr.enhance} {ocr.side} {detectors}",
            f"{cut.size} {cut.overlap} {encoders.text.space} {captioner}",
            f"{image} {look.regions} {tiles}",
        )

    def reads_as(self, before: Pipeline, kind: str) -> bool:
        """Whether a file of this kind that was read by `before` would be read the same way now."""
        if kind in PLAIN:
            return self.reading.split()[0] == before.reading.split()[0]
        return self.reading == before.reading

    def cuts_as(self, before: Pipeline, kind: str) -> bool:
        """Whether its passages and views would be the same."""
        return self.cutting == before.cutting and (kind in PLAIN or self.look == before.look)

    @classmethod
    def parse(cls, line: str) -> Pipeline:
        """A line that `str` wrote; parts that an older version did not write are ""."""
        parts = [*line.split(" | "), "", ""]
        return cls(*parts[:3])

    def __str__(self) -> str:
        return " | ".join(self)


def chosen_encoders(settings: Settings, made_with: Spaces) -> dict[str, str]:
    """Settings that name encoders other than the default which nothing was made with yet."""
    return {
        name: getattr(settings, name)
        for name, signal in ENCODERS.items()
        if signal not in made_with and getattr(settings, name) != getattr(Settings(), name)
    }
