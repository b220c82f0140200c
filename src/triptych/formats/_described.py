"""What a picture says of itself in words: EXIF, XMP, IPTC and PNG descriptions, as people and tools write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from defusedxml import DefusedXmlException, ElementTree
from PIL import Image, IptcImagePlugin

_IMAGE_DESCRIPTION, _XP_TITLE, _XP_COMMENT, _XP_SUBJECT = 0x010E, 0x9C9B, 0x9C9C, 0x9C9F
_IPTC_CAPTION, _IPTC_HEADLINE = (2, 120), (2, 105)
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_LIST_ITEM = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_XMP_BYTES = 1_000_000  # of a packet; longer ones hold thumbnails and histories
_LONGEST = 1000  # characters of one description
_BY_CAMERAS = re.compile(
    r"(?i)\b(?:olympus|digital|sony|samsung|minolta|konica|casio|kodak) .*camera\b|^dsc\w*$"
)


def descriptions(image: Image.Image) -> list[str]:
    """Each description once, the most telling first. What cameras write by themselves is left out."""
    found: dict[str, None] = {}
    for text in (*_xmp(image), *_iptc(image), *_exif(image), *_png(image)):
        tidy = " ".join(text.replace("\0", " ").split())[:_LONGEST]
        if tidy and not _BY_CAMERAS.search(tidy):
            found.setdefault(tidy)
    return list(found)


def _exif(image: Image.Image) -> Iterator[str]:
    exif = image.getexif()
    if isinstance(text := exif.get(_IMAGE_DESCRIPTION), str):
        yield text
    for tag in (_XP_COMMENT, _XP_SUBJECT, _XP_TITLE):  # Windows writes UTF-16
        if isinstance(raw := exif.get(tag), bytes):
            yield raw.decode("utf-16-le", "replace")


def _iptc(image: Image.Image) -> Iterator[str]:
    if image.format not in ("JPEG", "TIFF"):
        return
    try:
        records: dict[Any, Any] = IptcImagePlugin.getiptcinfo(image) or {}  # type: ignore[arg-type]
    except (SyntaxError, ValueError, TypeError, IndexError, OSError):
        return  # a broken record is no reason to refuse the picture
    for key in (_IPTC_CAPTION, _IPTC_HEADLINE):
        value = records.get(key)
        for raw in value if isinstance(value, list) else [value]:
            if isinstance(raw, bytes):
                yield raw.decode("utf-8", "replace")


def _xmp(image: Image.Image) -> Iterator[str]:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    raw = packet.encode() if isinstance(packet, str) else packet
    if not isinstance(raw, bytes) or not raw or len(raw) > _XMP_BYTES:
        return
    try:
        root = ElementTree.fromstring(raw.rstrip(b"\0 "))
    except (ElementTree.ParseError, DefusedXmlException, ValueError):
        return
    for name in ("description", "title"):
        for element in root.iter(f"{_DUBLIN_CORE}{name}"):
            for item in (element, *element.iter(_LIST_ITEM)):
                if item.text and item.text.strip():
                    yield item.text


def _png(image: Image.Image) -> Iterator[str]:
    for key in ("Description", "Title"):  # comments are what programs sign with: "AppleMark", "gd-jpeg v1.0"
        value = image.info.get(key)
        if isinstance(value, str):
            yield value
