"""Pictures: PNG, JPEG, WebP, GIF, BMP and TIFF (each TIFF frame is a page).

A page is what a viewer shows: the EXIF orientation is applied, so width, height and boxes are those of
the upright raster, and `meta["orientation"]` keeps the EXIF number. Transparency lies on white.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

from triptych.errors import FileError
from triptych.formats._described import descriptions
from triptych.seams import RawPage
from triptych.settings import Limits
from triptych.types import Box

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # a closed list: Pillow knows 40 more parsers
_MAGIC = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
)
# Everything that Pillow was seen to raise on foreign bytes, beyond what it documents.
_DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    SyntaxError,
    TypeError,
    AttributeError,
    AssertionError,
    IndexError,
    KeyError,
    ArithmeticError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zlib.error,
    UnidentifiedImageError,
    Image.DecompressionBombError,
)
_ORIENTATION, _TAKEN, _DIGITIZED, _CHANGED, _EXIF_IFD = 0x0112, 0x9003, 0x9004, 0x0132, 0x8769
_PHOTOMETRIC = 0x0106


def load(argument: str = "") -> ImageFormat:
    """The format; it has no argument."""
    return ImageFormat()


class ImageFormat:
    """See `seams.Format`."""

    def sniff(self, head: bytes, name: str) -> int:
        if head.startswith(_MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
            return 3
        # "BM" alone begins many a text; a BMP has zeros in its reserved words and a known header size.
        is_bitmap = head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and head[14:18] in _BMP_HEADERS
        return 3 if is_bitmap else 0

    def open(self, path: Path, limits: Limits) -> ImageDocument:
        return ImageDocument(path, limits)


_BMP_HEADERS = {struct.pack("<I", size) for size in (12, 16, 40, 52, 56, 64, 108, 124)}


@contextmanager
def _damaged_is_one_line(path: Path) -> Iterator[None]:
    """Turns whatever Pillow raises on foreign bytes into a FileError, and mutes its warnings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except MemoryError as error:
        raise FileError(
            "too-large", f"the picture {path.name} does not fit into memory", "Make it smaller."
        ) from error
    except _DAMAGED as error:
        raise FileError(
            "damaged",
            f"the picture {path.name} cannot be decoded ({type(error).__name__}: {error})",
            "Open and save it again in an image program.",
        ) from error


class ImageDocument:
    """One picture file. Frames of a TIFF are pages; of an animation only the first counts."""

    kind = "image"

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._decoded: tuple[int, np.ndarray] | None = None
        Image.MAX_IMAGE_PIXELS = None  # our own limit, checked below, says so in one clear line
        with _damaged_is_one_line(path):
            self._image = Image.open(path, formats=_FORMATS)
        try:
            self._inspect()
        except FileError:
            self._image.close()
            raise

    def _inspect(self) -> None:
        """Size, frames and metadata, before a pixel is decoded."""
        with _damaged_is_one_line(self._path):
            self._check_size()
            self._format = str(self._image.format)
            self._frames = int(getattr(self._image, "n_frames", 1)) if self._format == "TIFF" else 1
            self.media_type = Image.MIME.get(self._format, "image/" + self._format.lower())
            self.meta = _metadata(self._image)
        if self._frames > self._limits.pages:
            raise FileError(
                "too-many-pages",
                f"{self._path.name} has {self._frames} pages, more than the {self._limits.pages} that are allowed",
                "Raise limits.pages or split the file.",
            )

    def __len__(self) -> int:
        return self._frames

    def page(self, number: int) -> RawPage:
        with _damaged_is_one_line(self._path):
            self._seek(number)
            width, height = self._image.size
            orientation = _orientation(self._image)
            dpi = _dpi(self._image)
        # EXIF 5 to 8 lie on their side; of a TIFF, Pillow says the upright size and turns it when it loads.
        if orientation >= 5 and self._format != "TIFF":
            width, height = height, width
        meta: dict[str, Any] = {"mode": self._image.mode}
        if orientation != 1:
            meta["orientation"] = orientation
        return RawPage(number, width, height, dpi, None, (), meta, ())

    def pixels(self, number: int, side: int) -> np.ndarray:
        """See `seams.Document`."""
        full = self._stored(number)
        longer = max(full.shape[:2])
        if longer <= side:
            return full
        size = (max(1, full.shape[1] * side // longer), max(1, full.shape[0] * side // longer))
        # BOX keeps thin strokes and is the cheapest filter that does not alias when shrinking.
        return np.asarray(Image.fromarray(full).resize(size, Image.Resampling.BOX))

    def part(self, number: int, box: Box, side: int) -> np.ndarray:
        """See `seams.PartDocument`. Cut from the stored pixels, and scaled once."""
        full = self._stored(number)
        height, width = full.shape[:2]
        x0, y0 = min(int(box.x0 * width), width - 1), min(int(box.y0 * height), height - 1)
        x1, y1 = max(x0 + 1, round(box.x1 * width)), max(y0 + 1, round(box.y1 * height))
        return _for_readers(np.ascontiguousarray(full[y0:y1, x0:x1]), side)

    def _stored(self, number: int) -> np.ndarray:
        """The pixels of a frame; those of the last one are kept: a page is asked for more than once."""
        if self._decoded is None or self._decoded[0] != number:
            with _damaged_is_one_line(self._path):
                self._seek(number)
                self._image.load()
                self._decoded = (number, _rgb(self._image))
        return self._decoded[1]

    def close(self) -> None:
        self._image.close()
        self._decoded = None

    def _seek(self, number: int) -> None:
        if self._frames > 1:
            self._image.seek(number - 1)
            self._check_size()

    def _check_size(self) -> None:
        width, height = self._image.size
        if width < 1 or height < 1:
            raise FileError("damaged", f"the picture {self._path.name} has no pixels", "Save it again")
        if width * height > self._limits.megapixels * 1_000_000:
            raise FileError(
                "too-large",
                f"the picture {self._path.name} has {width} x {height} pixels, more than the "
                f"{self._limits.megapixels} megapixels that are allowed",
                "Make it smaller or raise limits.megapixels.",
            )


def _for_readers(image: np.ndarray, side: int) -> np.ndarray:
    """Brought down to `side` pixels, never enlarged. Down to a half, the nearest pixels show a reader as much as all of
    them do, in a tenth of the time (docs/log/vlm.md)."""
    longer = max(image.shape[:2])
    if longer <= side:
        return image
    height, width = (max(1, round(n * side / longer)) for n in image.shape[:2])
    if longer > 2 * side:
        size = width, height
        return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX, reducing_gap=2.0))
    import cv2  # not on top: reading needs none

    return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)


def _rgb(image: Image.Image) -> np.ndarray:
    """The frame as a viewer shows it: upright, 8 bit, on white, in sRGB."""
    profile = image.info.get("icc_profile")
    if image.format == "JPEG" and image.mode == "CMYK" and "adobe" not in image.info:
        image = ImageChops.invert(image)  # only Adobe stores CMYK inverted; Pillow assumes that all do
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bit(image)
    if _orientation(image) != 1:  # it would be copied for nothing
        image = ImageOps.exif_transpose(image)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        grey = image.mode in ("L", "LA", "La")
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, rgba).convert("L" if grey else "RGB")
    elif image.mode == "P":
        image = image.convert("RGB")
    if profile:
        image = _by_profile(image, profile)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float grey as 8 bit (Pillow would clip at 255). Shares of 1 and steps of 255 keep
    their meaning, other values are scaled to what is used of the range; what is no number is white."""
    values = np.asarray(image, dtype=np.float32)
    known = np.isfinite(values)
    low, high = (float(values[known].min()), float(values[known].max())) if known.any() else (0.0, 1.0)
    if image.mode.startswith("I;16"):
        low, high = 0.0, 65535.0 if high > 4095 else max(high, 255.0)  # 12-bit scanners leave the top empty
        known &= values != image.info.get("transparency", -1)
    elif low >= 0 and high <= 255:
        low, high = 0.0, 1.0 if high <= 1 and image.mode == "F" else 255.0
    elif low == high:
        known[:] = False
    scaled = (np.where(known, values, high) - low) * (255.0 / max(high - low, 1e-6))
    if image.format == "TIFF" and image.tag_v2.get(_PHOTOMETRIC) == 0:  # type: ignore[attr-defined]
        scaled = 255 - scaled  # white is zero, which Pillow heeds up to 8 bit only
    grey = Image.fromarray(np.where(known, np.clip(scaled, 0, 255), 255).astype(np.uint8))
    grey.info = {key: value for key, value in image.info.items() if key != "transparency"}
    if _orientation(image) != 1:
        grey.getexif()[_ORIENTATION] = _orientation(image)
    return grey


_SPACES = {"RGB": "RGB", "CMYK": "CMYK", "L": "GRAY"}  # of a profile that fits pixels of this mode


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture in sRGB; a profile that is broken or of another kind of picture is passed over, as
    viewers do."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if space != _SPACES.get(image.mode) or "sRGB" in (source.profile.profile_description or ""):
            return image
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted if converted is not None else image


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _dpi(image: Image.Image) -> float | None:
    value = image.info.get("dpi")
    try:
        dpi = float(value[0])  # type: ignore[index]
    except (TypeError, ValueError, IndexError, ArithmeticError):
        return None
    return round(dpi, 2) if 20 < dpi < 10_000 else None  # 0 and 1 stand for "unknown" in many writers


def _metadata(image: Image.Image) -> dict[str, Any]:
    meta: dict[str, Any] = {"format": str(image.format)}
    exif = image.getexif()
    details = exif.get_ifd(_EXIF_IFD)
    taken = details.get(_TAKEN) or details.get(_DIGITIZED) or exif.get(_CHANGED)
    if (when := _iso(taken)) is not None:
        meta["created"] = when
    if said := descriptions(image):
        meta["descriptions"] = said
    for name, tag in (("make", 0x010F), ("model", 0x0110), ("software", 0x0131)):
        value = exif.get(tag)
        if isinstance(value, str) and value.strip(" \0"):
            meta[name] = " ".join(value.replace("\0", " ").split())[:300]
    if (frames := int(getattr(image, "n_frames", 1))) > 1 and image.format != "TIFF":
        meta["frames"] = frames
    return meta


def _iso(value: object) -> str | None:
    """EXIF writes 2024:05:31 10:11:12; cameras with an unset clock write zeros or blanks."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.strptime(value.strip(" \0")[:19], "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        return None
