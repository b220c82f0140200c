"""Hostile pictures: bombs, impossible sizes, loops and lies in every format that is read."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from hostile_pdfs import run

File = tuple[str, bytes]
SIDE = 30_000


def all(seed: int) -> Iterator[File]:
    yield from pngs()
    yield from gifs_and_bitmaps()
    yield from tiffs()
    yield from jpegs()
    yield from webps()


# PNG


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2, interlace: int = 0
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def pixels(width: int, height: int, bits: int) -> bytes:
    return chunk(b"IDAT", run(height * (1 + (width * bits + 7) // 8)))


def pngs() -> Iterator[File]:
    small = chunk(b"IDAT", zlib.compress(bytes(31) * 10))
    text = chunk(b"zTXt", b"Comment\0\0" + run(300_000_000))
    profile = chunk(b"iCCP", b"profile\0\0" + run(300_000_000))
    international = chunk(b"iTXt", b"Comment\0\1\0\0\0" + run(300_000_000))
    yield "bomb-30000.png", png(SIDE, SIDE, pixels(SIDE, SIDE, 1), depth=1, colour=0)
    yield "bomb-30000-grey.png", png(SIDE, SIDE, pixels(SIDE, SIDE, 8), colour=0)
    yield "just-allowed-14000.png", png(14_000, 14_000, pixels(14_000, 14_000, 1), depth=1, colour=0)
    yield "just-allowed-rgba16.png", png(10_000, 10_000, pixels(10_000, 10_000, 64), depth=16, colour=6)
    yield "thin.png", png(1_000_000, 1, pixels(1_000_000, 1, 24))
    yield "tall.png", png(1, 1_000_000, pixels(1, 1_000_000, 24))
    yield "largest-header.png", png(2**31 - 1, 2**31 - 1, small)
    yield "negative-header.png", png(2**32 - 1, 2**32 - 1, small)
    yield "no-width.png", png(0, 10, small)
    yield "text-bomb.png", png(10, 10, text, small)
    yield "text-bombs.png", png(10, 10, *[text] * 5, small)
    yield "profile-bomb.png", png(10, 10, profile, small)
    yield "international-bomb.png", png(10, 10, international, small)
    yield "more-pixels-than-said.png", png(10, 10, chunk(b"IDAT", run(500_000_000)))
    yield "no-pixels.png", png(10, 10)
    yield "odd-depth.png", png(10, 10, small, depth=3, colour=5)
    yield "interlaced-bomb.png", png(SIDE, SIDE, pixels(SIDE, SIDE, 1), depth=1, colour=0, interlace=1)
    yield "many-frames.png", png(10, 10, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)), small)
    yield "many-chunks.png", png(10, 10, *[chunk(b"tEXt", b"k\0v")] * 50_000, small)
    yield "long-chunk.png", png(10, 10)[:33] + struct.pack(">I", 2**31 - 1) + b"IDAT" + bytes(100)
    yield "no-palette.png", png(10, 10, small, colour=3)


# GIF and BMP


def gif(width: int, height: int, frames: bytes) -> bytes:
    return (
        b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frames + b";"
    )


def frame(width: int, height: int, data: bytes = b"\x02\x02\x4c\x01\0") -> bytes:
    return b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + data


def bitmap(width: int, height: int, bits: int = 24, packing: int = 0, data: bytes = bytes(400)) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(data), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, 54) + header + data


def gifs_and_bitmaps() -> Iterator[File]:
    yield "largest.gif", gif(65535, 65535, frame(65535, 65535))
    yield "larger-frame.gif", gif(10, 10, frame(65535, 65535))
    yield "many-frames.gif", gif(100, 100, frame(1, 1) * 50_000)
    yield "no-frames.gif", gif(100, 100, b"")
    yield "no-size.gif", gif(0, 0, frame(0, 0))
    yield "endless-extension.gif", gif(10, 10, b"!\xfe" + b"\xff" + b"x" * 255 + b"\xff")
    yield "bad-codes.gif", gif(100, 100, frame(100, 100, b"\x0c\xff" + b"\xff" * 255 + b"\0"))
    yield "largest.bmp", bitmap(2**31 - 1, 2**31 - 1)
    yield "upside-down.bmp", bitmap(100, -(2**31))
    yield "negative.bmp", bitmap(-100, 100)
    yield "no-size.bmp", bitmap(0, 0)
    yield "short.bmp", bitmap(10_000, 10_000)
    yield "run-length.bmp", bitmap(14_000, 14_000, 8, 1, b"\xff\x01" * 1000 + b"\0\x02\xff\xff" * 1000)
    yield "odd-bits.bmp", bitmap(10, 10, 77)
    yield "odd-packing.bmp", bitmap(10, 10, 24, 99)


# TIFF


def directory(tags: dict[int, tuple[int, int, int]], following: int) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, *value) for tag, value in sorted(tags.items()))
    return struct.pack("<H", len(tags)) + entries + struct.pack("<I", following)


def page(width: int, height: int, **changed: int) -> dict[int, tuple[int, int, int]]:
    """Tags of an 8-bit grey page of one strip of `count` bytes at offset 4000."""
    value = {"packing": 1, "rows": height, "offset": 4000, "count": 100, "bits": 8, "samples": 1, **changed}
    return {
        256: (4, 1, width),
        257: (4, 1, height),
        258: (3, 1, value["bits"]),
        259: (3, 1, value["packing"]),
        262: (3, 1, 1),
        273: (4, 1, value["offset"]),
        277: (3, 1, value["samples"]),
        278: (4, 1, value["rows"]),
        279: (4, 1, value["count"]),
    }


def tiff(tags: dict[int, tuple[int, int, int]], following: int = 0, data: bytes = bytes(100)) -> bytes:
    return (b"II*\0" + struct.pack("<I", 8) + directory(tags, following)).ljust(4000, b"\0") + data


def tiffs() -> Iterator[File]:
    bomb = run(400_000_000)
    yield "largest.tif", tiff(page(2**32 - 1, 2**32 - 1))
    yield "page-loop.tif", tiff(page(10, 10), following=8)
    yield "page-far-away.tif", tiff(page(10, 10), following=2**32 - 16)
    yield "deflate-bomb.tif", tiff(page(20_000, 20_000, packing=8, count=len(bomb)), data=bomb)
    yield "deflate-lie.tif", tiff(page(10, 10, packing=8, count=len(bomb)), data=bomb)
    yield "lzw-noise.tif", tiff(page(5000, 5000, packing=5), data=b"\x80\x55\xaa" * 2000)
    yield "jpeg-noise.tif", tiff(page(100, 100, packing=7), data=b"\xff\xd8\xff\xc0" * 100)
    yield "fax-noise.tif", tiff(page(100, 100, packing=4, bits=1), data=b"\x12\x34" * 1000)
    yield "zstd-noise.tif", tiff(page(100, 100, packing=50000), data=b"\x28\xb5\x2f\xfd" * 100)
    yield "old-jpeg.tif", tiff(page(100, 100, packing=6))
    yield "strip-far-away.tif", tiff(page(100, 100, offset=2**32 - 1, count=2**32 - 1))
    yield "no-rows.tif", tiff(page(100, 100, rows=0))
    yield "many-samples.tif", tiff(page(100, 100, samples=65535))
    yield "odd-bits.tif", tiff(page(100, 100, bits=31))
    yield "many-tags.tif", b"II*\0\x08\0\0\0" + b"\xff\xff" + struct.pack("<HHII", 256, 4, 2**31, 8) * 65535
    yield "huge-tag.tif", tiff({**page(10, 10), 700: (7, 2**32 - 1, 8), 34675: (7, 2**31, 8)})
    yield "tiles.tif", tiff({**page(10_000, 10_000), 322: (4, 1, 1), 323: (4, 1, 1), 324: (4, 2**28, 8)})
    yield "big-endian.tif", b"MM\0*\0\0\0\x08\xff\xff" + bytes(300)
    yield "bigtiff.tif", b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**63) + bytes(100)
    yield "many-pages.tif", many_pages(20_000)


def many_pages(count: int) -> bytes:
    """A TIFF of `count` pages that all show the same strip."""
    tags = page(8, 8, offset=8, count=64)
    size = len(directory(tags, 0))
    start = 72
    parts = [b"II*\0" + struct.pack("<I", start) + bytes(64)]
    parts += (directory(tags, start + n * size) for n in range(1, count))
    return b"".join(parts) + directory(tags, 0)


# JPEG and WebP


def jpegs() -> Iterator[File]:
    data = io.BytesIO()
    Image.new("RGB", (200, 60), "white").save(data, "JPEG", progressive=True)
    honest = data.getvalue()
    at = honest.index(b"\xff\xc2") + 5
    scan = honest[honest.index(b"\xff\xda") : -2]
    yield "largest.jpg", honest[:at] + b"\xff\xff\xff\xff" + honest[at + 4 :]
    yield "no-size.jpg", honest[:at] + b"\0\0\0\0" + honest[at + 4 :]
    yield (
        "many-scans.jpg",
        honest[:at] + struct.pack(">HH", 8000, 8000) + honest[at + 4 : -2] + scan * 2000 + b"\xff\xd9",
    )
    yield "comments.jpg", honest[:2] + (b"\xff\xfe\xff\xff" + b"x" * 65533) * 300 + honest[2:]
    yield "no-length.jpg", honest[:2] + b"\xff\xe1\0\0" + honest[2:]
    yield "no-end.jpg", honest[:-2] + b"\xff" * 1_000_000
    yield (
        "profile-noise.jpg",
        honest[:2] + segment(0xE2, b"ICC_PROFILE\0\x01\xff" + b"\x13" * 9000) + honest[2:],
    )
    loop = b"Exif\0\0II*\0\x08\0\0\0" + directory({0x8769: (4, 1, 8), 0x0112: (3, 1, 99)}, 8)
    yield "exif-loop.jpg", honest[:2] + segment(0xE1, loop) + honest[2:]
    wide = b"Exif\0\0II*\0\x08\0\0\0" + directory({0x010E: (2, 2**32 - 1, 8), 0x0132: (2, 2**31, 0)}, 0)
    yield "exif-wide.jpg", honest[:2] + segment(0xE1, wide) + honest[2:]
    yield "two-starts.jpg", honest[:2] * 1000 + honest
    yield "restarts.jpg", honest[:-2] + b"\xff\xd0" * 100_000 + b"\xff\xd9"


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def webps() -> Iterator[File]:
    def riff(*chunks: bytes) -> bytes:
        body = b"WEBP" + b"".join(chunks)
        return b"RIFF" + struct.pack("<I", len(body)) + body

    def part(kind: bytes, data: bytes) -> bytes:
        return kind + struct.pack("<I", len(data)) + data

    largest = part(b"VP8X", b"\x02\0\0\0" + b"\xff" * 6)
    yield "largest.webp", riff(largest, part(b"VP8L", b"\x2f" + b"\xff" * 200))
    yield "largest-lossless.webp", riff(part(b"VP8L", b"\x2f\xff\xff\xff\x0f" + b"\x55" * 500))
    yield "animation.webp", riff(largest, part(b"ANIM", bytes(6)), *[part(b"ANMF", bytes(24))] * 5000)
    yield "lie.webp", b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff" + bytes(100)
