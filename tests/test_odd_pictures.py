"""Pictures that programs other than ours make: read as a viewer shows them, or refused by name.

Every file is made here; colours of known patches are compared with what the file means.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

from triptych.errors import FileError
from triptych.formats import image
from triptych.settings import Limits

LIMITS = Limits()
Save = Callable[..., Path]
WIDTH, HEIGHT, PATCH = 60, 40, 20  # a patch in the upper left corner
RED, WHITE, BLACK = (255, 0, 0), (255, 255, 255), (0, 0, 0)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(name: str, picture: Image.Image, **options: object) -> Path:
        picture.save(tmp_path / name, **options)  # type: ignore[arg-type]
        return tmp_path / name

    return save


def read(path: Path, side: int = 4096, limits: Limits = LIMITS) -> np.ndarray:
    """The pixels of page 1, which have the size that the page says."""
    with closing(image.load().open(path, limits)) as document:
        page, pixels = document.page(1), document.pixels(1, side)
        assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
        if max(page.width, page.height) <= side:
            assert pixels.shape[:2] == (page.height, page.width)
        return pixels


def patch(pixels: np.ndarray) -> tuple[int, ...]:
    return tuple(int(v) for v in pixels[4, 4])


def rest(pixels: np.ndarray) -> tuple[int, ...]:
    return tuple(int(v) for v in pixels[-4, -4])


def near(colour: tuple[int, ...], wanted: tuple[int, ...], tolerance: int = 4) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(colour, wanted, strict=True))


def drawn(mode: str, ground: object, colour: object) -> Image.Image:
    picture = Image.new(mode, (WIDTH, HEIGHT), ground)  # type: ignore[arg-type]
    picture.paste(colour, (0, 0, PATCH, PATCH))  # type: ignore[arg-type]
    return picture


def grey(ground: float, value: float, kind: type) -> Image.Image:
    values = np.full((HEIGHT, WIDTH), ground, kind)
    values[:PATCH, :PATCH] = value
    return Image.fromarray(values)


class TestSizes:
    def test_one_pixel(self, save: Save) -> None:
        assert read(save("a.png", Image.new("RGB", (1, 1), RED))).tolist() == [[list(RED)]]

    @pytest.mark.parametrize("size", [(3, 4000), (4000, 3)])
    def test_a_strip_keeps_one_pixel_of_its_short_side(self, save: Save, size: tuple[int, int]) -> None:
        pixels = read(save("a.png", Image.new("RGB", size, RED)), side=64)
        assert sorted(pixels.shape[:2]) == [1, 64]
        assert near(tuple(pixels[0, 0]), RED)

    def test_too_large_is_refused_by_name(self, save: Save) -> None:
        with pytest.raises(FileError) as caught:
            read(save("huge.png", Image.new("1", (2000, 2000))), limits=Limits(megapixels=3))
        assert caught.value.code == "too-large"
        assert (
            "huge.png has 2000 x 2000 pixels" in caught.value.reason
            and "limits.megapixels" in caught.value.hint
        )


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_of_an_animation_the_first_frame(save: Save, name: str) -> None:
    frames = [drawn("RGB", WHITE, RED), *(Image.new("RGB", (WIDTH, HEIGHT), c) for c in ("blue", "lime"))]
    options = {"lossless": True} if name.endswith("webp") else {}
    path = save(name, frames[0], save_all=True, append_images=frames[1:], duration=40, **options)
    with closing(image.load().open(path, LIMITS)) as document:
        assert len(document) == 1 and document.meta["frames"] == 3
    assert near(patch(read(path)), RED) and near(rest(read(path)), WHITE)


class TestTransparency:
    """What is transparent is white paper, never black."""

    @pytest.mark.parametrize("name", ["a.png", "a.tif"])
    def test_grey_with_alpha(self, save: Save, name: str) -> None:
        pixels = read(save(name, drawn("LA", (0, 0), (0, 255))))
        assert (patch(pixels), rest(pixels)) == (BLACK, WHITE)

    @pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp"])
    def test_colour_with_alpha(self, save: Save, name: str) -> None:
        options = {"lossless": True} if name.endswith("webp") else {}
        pixels = read(save(name, drawn("RGBA", (0, 0, 0, 0), (255, 0, 0, 255)), **options))
        assert (patch(pixels), rest(pixels)) == (RED, WHITE)

    def test_half_transparent_ink_is_pale(self, save: Save) -> None:
        assert near(
            patch(read(save("a.png", drawn("RGBA", (0, 0, 0, 0), (255, 0, 0, 128))))), (255, 127, 127)
        )

    @pytest.mark.parametrize("name", ["a.png", "a.gif"])
    def test_a_palette_with_a_transparent_colour(self, save: Save, name: str) -> None:
        picture = drawn("P", 0, 1)
        picture.putpalette([0, 0, 0, *RED])
        pixels = read(save(name, picture, transparency=0))
        assert (patch(pixels), rest(pixels)) == (RED, WHITE)

    def test_a_palette_with_an_alpha_for_each_colour(self, save: Save) -> None:
        picture = drawn("P", 0, 1)
        picture.putpalette([0, 0, 0, *RED])
        pixels = read(save("a.png", picture, transparency=bytes([0, 128])))
        assert near(patch(pixels), (255, 127, 127)) and rest(pixels) == WHITE

    @pytest.mark.parametrize("kind", [np.uint8, np.uint16])
    def test_one_grey_that_is_transparent(self, save: Save, kind: type) -> None:
        top = np.iinfo(kind).max
        pixels = read(save("a.png", grey(top // 4, 0, kind), transparency=int(top // 4)))
        assert (patch(pixels), rest(pixels)) == (BLACK, WHITE)


class TestDepths:
    @pytest.mark.parametrize("name", ["a.png", "a.tif"])
    def test_sixteen_bit_grey(self, save: Save, name: str) -> None:
        pixels = read(save(name, grey(65535, 20000, np.uint16)))
        assert near(patch(pixels), (78,) * 3) and rest(pixels) == WHITE

    def test_twelve_bits_in_sixteen(self, save: Save) -> None:
        assert rest(read(save("a.tif", grey(4095, 1000, np.uint16)))) == WHITE

    def test_sixteen_bit_grey_with_white_as_zero(self, save: Save) -> None:
        pixels = read(save("a.tif", grey(0, 65535, np.uint16), tiffinfo={262: 0}))
        assert (patch(pixels), rest(pixels)) == (BLACK, WHITE)

    @pytest.mark.parametrize(
        ("ground", "ink", "wanted"), [(1.0, 0.25, 63), (255.0, 64.0, 64), (9000.0, -50.0, 0)]
    )
    def test_float_grey(self, save: Save, ground: float, ink: float, wanted: int) -> None:
        pixels = read(save("a.tif", grey(ground, ink, np.float32)))
        assert near(patch(pixels), (wanted,) * 3) and rest(pixels) == WHITE

    def test_floats_that_are_no_numbers_are_white(self, save: Save) -> None:
        for value in (np.nan, np.inf, -np.inf):
            pixels = read(save("a.tif", grey(value, 0.0, np.float32)))
            assert (patch(pixels), rest(pixels)) == (BLACK, WHITE)
        assert rest(read(save("b.tif", grey(np.nan, np.nan, np.float32)))) == WHITE

    def test_an_even_page_of_large_numbers_is_blank(self, save: Save) -> None:
        assert rest(read(save("a.tif", grey(1000, 1000, np.int32)))) == WHITE

    @pytest.mark.parametrize(("name", "options"), [("a.png", {}), ("a.tif", {"compression": "group4"})])
    def test_one_bit(self, save: Save, name: str, options: dict[str, str]) -> None:
        pixels = read(save(name, drawn("1", 1, 0), **options))
        assert (patch(pixels), rest(pixels)) == (BLACK, WHITE)

    def test_lab(self, save: Save) -> None:
        assert near(rest(read(save("a.tif", drawn("LAB", (255, 128, 128), (0, 128, 128))))), WHITE)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_orientation(save: Save, name: str, orientation: int) -> None:
    """The size that the page says, asked before a pixel is decoded, is that of the upright picture."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose by number
    upright = drawn("RGB", WHITE, RED)
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = read(save(name, stored, exif=exif))
    assert pixels.shape[:2] == (HEIGHT, WIDTH)
    assert near(patch(pixels), RED, 8) and near(rest(pixels), WHITE, 8)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\0\x08\0\x09"]
)
def test_broken_exif_does_not_matter(save: Save, exif: bytes) -> None:
    assert near(patch(read(save("a.jpg", drawn("RGB", WHITE, RED), exif=exif, quality=95))), RED, 8)


class TestCmyk:
    INK = (0, 255, 255, 0)  # red
    PAPER = (0, 0, 0, 0)

    @pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
    def test_as_programs_write_it(self, save: Save, name: str) -> None:
        """A JPEG by Adobe's convention: inverted, with the marker that says so."""
        pixels = read(save(name, drawn("CMYK", self.PAPER, self.INK)))
        assert near(patch(pixels), RED, 8) and near(rest(pixels), WHITE)

    def test_a_jpeg_without_adobes_marker_is_not_inverted(self, save: Save) -> None:
        path = save("a.jpg", ImageChops.invert(drawn("CMYK", self.PAPER, self.INK)))
        path.write_bytes(without_adobe(path.read_bytes()))
        pixels = read(path)
        assert near(patch(pixels), RED, 8) and near(rest(pixels), WHITE)


def without_adobe(jpeg: bytes) -> bytes:
    """A JPEG file without its APP14 segment."""
    at = jpeg.index(b"\xff\xee")
    return jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]


# ------------------------------------------------------------------------------------ ICC profiles


def icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A small profile of version 2 (ICC.1:2001-04): header, table of tags, their data."""
    kind, connection = (b"prtr", b"Lab ") if space == b"CMYK" else (b"mntr", b"XYZ ")
    tags = {b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(79), **tags}
    table, data = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", start + len(data), len(content))
        data += content
    white = struct.pack(">3i", *(round(v * 65536) for v in (0.9642, 1.0, 0.8249)))
    header = struct.pack(">I4sI4s4s4s", start + len(data), bytes(4), 0x02400000, kind, space, connection)
    header += bytes(12) + b"acsp" + bytes(28) + white
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in (x, y, z)))


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def display_p3() -> bytes:
    """The primaries of Display P3, adapted to D50, with a plain gamma of 2.2."""
    columns = {
        b"rXYZ": (0.5151, 0.2412, -0.0011),
        b"gXYZ": (0.2920, 0.6922, 0.0419),
        b"bXYZ": (0.1571, 0.0666, 0.7841),
    }
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(2.2))
    return icc(
        b"RGB ", {b"wtpt": xyz(0.9642, 1.0, 0.8249), **{n: xyz(*v) for n, v in columns.items()}, **curves}
    )


def press() -> bytes:
    """A press whose every ink is black: any ink at all gives L = 0, none gives L = 100."""
    ramp = bytes(range(256))
    corners = b"".join(bytes([255 if not any(c) else 0, 128, 128]) for c in np.ndindex(2, 2, 2, 2))
    identity = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + corners + ramp * 3
    return icc(b"CMYK", {b"wtpt": xyz(0.9642, 1.0, 0.8249), b"A2B0": lut, b"A2B1": lut})


class TestProfiles:
    def test_wide_gamut_becomes_srgb(self, save: Save) -> None:
        """Display P3 (0.8, 0.3, 0.3) is a stronger red in sRGB; its greys stay greys."""
        pixels = read(save("a.png", drawn("RGB", (200, 200, 200), (204, 77, 77)), icc_profile=display_p3()))
        red, green, blue = patch(pixels)
        assert 216 <= red <= 226 and 58 <= green <= 70 and 62 <= blue <= 74
        assert near(rest(pixels), (200, 200, 200), 3)

    @pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.webp"])
    def test_in_every_format(self, save: Save, name: str) -> None:
        path = save(name, drawn("RGB", (200, 200, 200), (204, 77, 77)), icc_profile=display_p3(), quality=95)
        assert patch(read(path))[0] >= 212

    def test_with_a_palette_and_with_alpha(self, save: Save) -> None:
        palette = drawn("RGB", (200, 200, 200), (204, 77, 77)).quantize(4)
        alpha = drawn("RGBA", (0, 0, 0, 0), (204, 77, 77, 255))
        for picture in (palette, alpha):
            assert patch(read(save("a.png", picture, icc_profile=display_p3())))[0] >= 216
        assert rest(read(save("a.png", alpha, icc_profile=display_p3()))) == WHITE

    def test_linear_grey_is_brightened(self, save: Save) -> None:
        profile = icc(b"GRAY", {b"wtpt": xyz(0.9642, 1.0, 0.8249), b"kTRC": gamma(1.0)})
        assert near(patch(read(save("a.png", drawn("L", 255, 55), icc_profile=profile))), (128,) * 3, 4)

    @pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
    def test_a_press_profile_is_used(self, save: Save, name: str) -> None:
        path = save(name, drawn("CMYK", (0, 0, 0, 0), (255, 0, 0, 0)), icc_profile=press())
        assert near(patch(read(path)), BLACK, 10) and near(rest(read(path)), WHITE)

    @pytest.mark.parametrize("mode", ["RGB", "L"])
    def test_a_profile_for_other_pixels_is_passed_over(self, save: Save, mode: str) -> None:
        ink = 77 if mode == "L" else (204, 77, 77)
        plain = drawn(mode, 255 if mode == "L" else WHITE, ink)
        for profile in (press(), icc(b"GRAY" if mode == "RGB" else b"RGB ", {})):
            assert patch(read(save("a.png", plain, icc_profile=profile)))[0] == (ink if mode == "L" else 204)

    @pytest.mark.parametrize("length", [0, 1, 100, 128, 200, 300])
    def test_a_truncated_profile_is_passed_over(self, save: Save, length: int) -> None:
        for mode, ink in (("RGB", RED), ("CMYK", (0, 255, 255, 0))):
            ground = WHITE if mode == "RGB" else (0, 0, 0, 0)
            whole = display_p3() if mode == "RGB" else press()
            path = save("a.tif", drawn(mode, ground, ink), icc_profile=whole[:length])
            assert near(patch(read(path)), RED, 30) and near(rest(read(path)), WHITE)

    def test_noise_as_a_profile_is_passed_over(self, save: Save) -> None:
        noise = np.random.default_rng(3).bytes(600)
        for profile in (noise, display_p3()[:132] + noise, press()[:132] + noise):
            for mode in ("RGB", "CMYK", "L", "RGBA"):
                picture = drawn("RGB", WHITE, RED).convert(mode)
                assert near(rest(read(save("a.tif", picture, icc_profile=profile))), WHITE, 8)


def test_what_cannot_be_decoded_is_refused_by_name(tmp_path: Path) -> None:
    held = io.BytesIO()
    drawn("RGB", WHITE, RED).save(held, "PNG")
    for cut in (20, 40, len(held.getvalue()) - 30):
        path = tmp_path / "torn.png"
        path.write_bytes(held.getvalue()[:cut])
        with pytest.raises(FileError) as caught:
            read(path)
        assert caught.value.code == "damaged" and "torn.png" in caught.value.reason
