"""Sight: a picture to ask with, as the library sees it: its vector, the words on it, and what it shows.

It is read as a file that is added would be, in a reading process; nothing of it is kept.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from triptych.embed import check
from triptych.errors import FileError, UserError
from triptych.pipeline import Encoders
from triptych.processes.workers import Workers
from triptych.seams import Captioner, Seen

if TYPE_CHECKING:
    from PIL import Image

_LONGEST = 600  # characters of the picture's words that are asked for
_SURE = 0.7  # confidence of a word that is asked for
_WORDS = 3  # words a picture must have to be asked for its words


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """`vector` is (dim,) float32 in the space of the image encoder, None for a page that nobody looked at;
    `words` are those of the picture that were read surely, "" where there are hardly any. `caption` is what somebody
    or a captioner says that it shows, "" where nobody did."""

    name: str
    vector: np.ndarray | None
    words: str = ""
    caption: str = ""


def see(
    picture: str | Path | Image.Image | np.ndarray,
    workers: Workers,
    encoders: Encoders,
    captioner: Captioner | None = None,
) -> Sight:
    """Look at a picture: a file, a PIL image, or uint8 (h, w, 3) RGB; have it described by `captioner` if there is
    one. Raises UserError when there is no image encoder or the picture cannot be read, and as the captioner."""
    if encoders.image is None:
        raise UserError(
            "Pictures cannot be searched with, because image_encoder is none. Set one and look at what is "
            "there: triptych rebuild --image-encoder builtin:look"
        )
    if isinstance(picture, (str, Path)):
        return _of_file(Path(picture), workers, encoders, captioner)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        _image(picture).save(path)
        return _of_file(path, workers, encoders, captioner)


def _image(picture: Any) -> Image.Image:
    from PIL import Image

    if isinstance(picture, np.ndarray):
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise UserError(
                f"The picture is {picture.dtype} {picture.shape}, but must be uint8 (height, width, 3), RGB."
            )
        return Image.fromarray(picture)
    if not isinstance(picture, Image.Image):
        raise UserError(
            f"The picture is a {type(picture).__name__}, but must be a path, a PIL image or an array."
        )
    return picture


def _of_file(path: Path, workers: Workers, encoders: Encoders, captioner: Captioner | None) -> Sight:
    assert encoders.image is not None
    if not path.is_file():
        raise UserError(f"There is no picture '{path}'. Name an image file after --image.")
    for _, reading in workers.read([(0, path, path.name)]):
        if isinstance(reading, FileError):
            raise UserError(f"The picture '{path}' cannot be read: {reading.reason}.")
        page = reading.pages[0]
        if not page.width:
            raise UserError(f"'{path}' is a {reading.kind} file: there is nothing to see. Name a picture.")
        text = page.text
        spans = zip(text.spans.tolist(), text.confidence, strict=True)
        sure = [text.text[a:b] for (a, b), confidence in spans if confidence >= _SURE]
        words = " ".join(sure)[:_LONGEST] if len(sure) >= _WORDS else ""
        seen = [view.pixels for view in page.views[:1] if view.pixels is not None]  # the whole page
        rows = encoders.image.images(seen)
        check(rows, 1, encoders.image)
        sight = Sight(path.name, rows[0], words)
        return sight if captioner is None else _described(sight, path, workers, encoders, captioner)
    raise UserError(f"The picture '{path}' cannot be read.")


def _described(sight: Sight, path: Path, workers: Workers, encoders: Encoders, captioner: Captioner) -> Sight:
    """With the first caption of the picture: the short one."""
    assert encoders.image is not None
    pixels = workers.pixels(path, path.name, 1, captioner.side) if captioner.side else None
    [captions] = captioner.captions(
        [Seen(pixels, sight.vector, encoders.image.space, path.stem, sight.words)]
    )
    return replace(sight, caption=captions[0] if captions else "")
