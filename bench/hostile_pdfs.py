"""Hostile PDFs: bombs of pages and streams, loops of objects, sizes beyond reason, broken encryption."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

File = tuple[str, bytes]
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
LETTER = b"[0 0 612 792]"


def document(objects: Sequence[bytes], trailer: bytes = b"", head: bytes = b"%PDF-1.7\n") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    data = bytearray(head)
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(data)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), extra, data)


def one_page(
    content: bytes, page: bytes = b"", resources: bytes = b"", *more: bytes, box: bytes = LETTER
) -> bytes:
    """A document of one page: objects 3 page, 4 content (a stream object), 5 font, 6... `more`."""
    fonts = b"/Font<</F 5 0 R>>"
    entry = b"<</Type/Page/Parent 2 0 R/MediaBox %s/Contents 4 0 R/Resources<<%s%s>>%s>>"
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    return document([CATALOG, pages, entry % (box, fonts, resources, page), content, FONT, *more])


def text(*pages: str, box: bytes = LETTER) -> bytes:
    """An honest document, one line of text a page."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(pages)))
    objects = [CATALOG, b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)), FONT]
    for n, words in enumerate(pages):
        entry = b"<</Type/Page/Parent 2 0 R/MediaBox %s/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>>>"
        objects.append(entry % (box, 5 + 2 * n))
        objects.append(stream(b"BT /F 18 Tf 72 700 Td (%s) Tj ET" % words.encode()))
    return document(objects)


def scan(jpeg: bytes, width: int, height: int) -> bytes:
    """An honest scan: one picture, no text layer."""
    return one_page(
        stream(b"q 612 0 0 200 0 400 cm /I Do Q"),
        b"",
        b"/XObject<</I 6 0 R>>",
        image(jpeg, width, height, b"/DCTDecode"),
    )


def image(
    data: bytes, width: int, height: int, how: bytes, colours: bytes = b"/DeviceRGB", bits: int = 8
) -> bytes:
    shape = b"/Subtype/Image/Width %d/Height %d/BitsPerComponent %d" % (width, height, bits)
    return stream(data, b"/Type/XObject%s/ColorSpace%s/Filter%s" % (shape, colours, how))


def deflated(data: bytes) -> bytes:
    return stream(zlib.compress(data), b"/Filter/FlateDecode")


def run(count: int, byte: bytes = b"\0") -> bytes:
    """One byte `count` times, deflated, without ever holding it unpacked: a block of 1 MiB that starts
    afresh (full flush) can be repeated as it is."""
    block = byte * (1 << 20)
    pack = zlib.compressobj(9, wbits=-15)
    again = pack.compress(block) + pack.flush(zlib.Z_FULL_FLUSH)
    pack = zlib.compressobj(9, wbits=-15)
    rest = pack.compress(block[: count % len(block)]) + pack.flush()
    checksum = 1
    for _ in range(count // len(block)):
        checksum = zlib.adler32(block, checksum)
    checksum = zlib.adler32(block[: count % len(block)], checksum)
    return b"\x78\xda" + again * (count // len(block)) + rest + checksum.to_bytes(4, "big")


def all(seed: int) -> Iterator[File]:
    yield from page_bombs()
    yield from loops()
    yield from stream_bombs()
    yield from broken_parts()
    yield from encrypted()


HELLO = b"BT /F 12 Tf 72 700 Td (Hello) Tj ET"


def page_bombs() -> Iterator[File]:
    def repeated(count: int) -> bytes:
        pages = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b"3 0 R " * count, count)
        return document([CATALOG, pages, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"])

    yield "pages-10000.pdf", repeated(10_000)
    yield "pages-50000.pdf", repeated(50_000)
    empty = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    yield "count-lie.pdf", document([CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>", empty])
    yield "count-lie-small.pdf", document([CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 9000>>", empty])
    yield "count-negative.pdf", document([CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count -5>>", empty])
    yield "no-pages.pdf", document([CATALOG, b"<</Type/Pages/Kids[]/Count 0>>"])
    for name, box in (
        ("200-inch", b"[0 0 14400 14400]"),
        ("kilometre", b"[0 0 2834645 2834645]"),
        ("beyond-float", b"[0 0 1e39 1e39]"),
        ("endless", b"[0 0 99999999999999999999 99999999999999999999]"),
        ("nothing", b"[0 0 0 0]"),
        ("negative", b"[612 792 0 0]"),
        ("no-number", b"[a b c d]"),
        ("hair", b"[0 0 100000 0.0001]"),
    ):
        yield f"page-{name}.pdf", one_page(stream(HELLO), box=box)
        yield (
            f"page-{name}-scan.pdf",
            one_page(
                stream(b"q %s 0 0 %s 0 0 cm /I Do Q" % ((box.split()[2],) * 2)),
                b"",
                b"/XObject<</I 6 0 R>>",
                image(zlib.compress(bytes(300)), 10, 10, b"/FlateDecode"),
                box=box,
            ),
        )
    yield "unit-bomb.pdf", one_page(stream(HELLO), b"/UserUnit 1000000")
    yield "odd-rotation.pdf", one_page(stream(HELLO), b"/Rotate 45")


def loops() -> Iterator[File]:
    yield "kids-loop.pdf", document([CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"])
    yield (
        "kids-ring.pdf",
        document(
            [
                CATALOG,
                b"<</Type/Pages/Kids[3 0 R]/Count 9>>",
                b"<</Type/Pages/Kids[2 0 R 2 0 R]/Parent 2 0 R/Count 9>>",
            ]
        ),
    )
    deep = [b"<</Type/Pages/Kids[%d 0 R]/Parent %d 0 R/Count 1>>" % (n + 1, n - 1) for n in range(3, 5000)]
    yield (
        "kids-deep.pdf",
        document(
            [
                CATALOG,
                b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                *deep,
                b"<</Type/Page/Parent 4999 0 R/MediaBox[0 0 9 9]>>",
            ]
        ),
    )
    doubling = [
        b"<</Type/Pages/Kids[%d 0 R %d 0 R]/Count %d>>" % (n + 1, n + 1, 2 ** (30 - n)) for n in range(2, 28)
    ]
    yield "kids-doubling.pdf", document([CATALOG, *doubling, b"<</Type/Page/MediaBox[0 0 9 9]>>"])
    own = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>"
    yield "form-loop.pdf", one_page(stream(b"/X Do"), b"", b"/XObject<</X 6 0 R>>", stream(b"/X Do", own))
    forms = [
        stream(
            b"/X Do " * 10,
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % (n + 1),
        )
        for n in range(6, 20)
    ]
    last = stream(HELLO, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 5 0 R>>>>")
    yield "form-doubling.pdf", one_page(stream(b"/X Do"), b"", b"/XObject<</X 6 0 R>>", *forms, last)
    yield "length-loop.pdf", one_page(b"<</Length 4 0 R>>stream\nBT ET\nendstream")
    yield "contents-loop.pdf", one_page(b"[4 0 R 4 0 R]")
    yield (
        "parent-loop.pdf",
        document(
            [CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1/Parent 2 0 R>>", b"<</Type/Page/Parent 2 0 R>>"]
        ),
    )
    outline = b"<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R/PageLabels 5 0 R/Names<</Dests 5 0 R>>>>"
    item = b"<</First 4 0 R/Last 4 0 R/Next 4 0 R/Title(again)/Count 9/Dest(again)>>"
    empty = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    yield (
        "outline-loop.pdf",
        document([outline, pages, empty, item, b"<</Kids[5 0 R 5 0 R]/Limits[(a)(z)]>>"]),
    )
    yield "previous-loop.pdf", document([CATALOG, pages, empty], b"/Prev 9")
    honest = document([CATALOG, pages, empty])
    place = honest.rindex(b"xref\n0")
    yield "previous-self.pdf", honest.replace(b"/Root", b"/Prev %d/Root" % place)
    yield "start-nowhere.pdf", honest[: honest.rindex(b"startxref")] + b"startxref\n99999999\n%%EOF"
    yield "start-negative.pdf", honest[: honest.rindex(b"startxref")] + b"startxref\n-1\n%%EOF"
    packed = stream(b"5 0 5 0", b"/Type/ObjStm/N 2/First 4/Extends 4 0 R")
    yield "packed-loop.pdf", document([CATALOG, pages, empty, packed, packed])
    for name, opened, closed in (
        ("arrays", b"[", b"]"),
        ("dictionaries", b"<</A", b">>"),
        ("strings", b"(", b")"),
    ):
        nested = opened * 100_000 + closed * 100_000
        yield f"deep-{name}.pdf", document([CATALOG, pages, b"<</Type/Page/Parent 2 0 R/X %s>>" % nested])
        yield (
            f"deep-{name}-open.pdf",
            document([b"<</Type/Catalog/Pages 2 0 R/X %s" % (opened * 300_000), pages]),
        )


def stream_bombs() -> Iterator[File]:
    yield "content-bomb.pdf", one_page(stream(run(400_000_000, b" "), b"/Filter/FlateDecode"))
    yield (
        "content-bomb-twice.pdf",
        one_page(stream(zlib.compress(run(1_000_000_000)), b"/Filter[/FlateDecode/FlateDecode]")),
    )
    yield (
        "content-bombs.pdf",
        one_page(deflated(b" " * 50_000_000)).replace(
            b"/Contents 4 0 R", b"/Contents[" + b"4 0 R " * 500 + b"]"
        ),
    )
    yield "run-length-bomb.pdf", one_page(stream(b"\x81 " * 2_000_000, b"/Filter/RunLengthDecode"))
    yield "filters.pdf", one_page(stream(b"00>", b"/Filter[%s]" % (b"/ASCIIHexDecode" * 20_000)))
    yield "saves.pdf", one_page(deflated(b"q " * 3_000_000))
    yield "texts.pdf", one_page(deflated(b"BT /F 1 Tf 9 9 Td (x) Tj ET " * 100_000))
    yield "lines.pdf", one_page(deflated(b"0 0 m 600 700 l S " * 500_000))
    yield "numbers.pdf", one_page(deflated(b"1 " * 5_000_000 + HELLO))
    yield "one-string.pdf", one_page(deflated(b"BT /F 9 Tf (" + b"x" * 5_000_000 + b") Tj ET"))
    black = run(30_000 * 3_750)
    place = stream(b"q 612 0 0 792 0 0 cm /I Do Q")
    for name, picture in (
        ("30000", image(black, 30_000, 30_000, b"/FlateDecode", b"/DeviceGray", 1)),
        ("lie", image(zlib.compress(bytes(100)), 60_000, 60_000, b"/FlateDecode")),
        ("largest", image(b"", 2**31 - 1, 2**31 - 1, b"/FlateDecode")),
        ("jpeg", image(b"\xff\xd8\xff" + b"\x37" * 999, 99, 99, b"/DCTDecode")),
        ("jpeg2000", image(b"\0\0\0\x0cjP  \r\n\x87\n" + b"\x37" * 999, 99, 99, b"/JPXDecode")),
        (
            "jbig2",
            image(b"\0\0\0\0\x30\0\x01" + b"\xff" * 999, 20_000, 20_000, b"/JBIG2Decode", b"/DeviceGray", 1),
        ),
        ("fax", image(b"\x12\x34" * 999, 60_000, 60_000, b"/CCITTFaxDecode", b"/DeviceGray", 1)),
        (
            "self-mask",
            image(zlib.compress(bytes(300)), 10, 10, b"/FlateDecode").replace(b"/Type", b"/SMask 6 0 R/Type"),
        ),
        (
            "indexed",
            image(zlib.compress(bytes(100)), 10, 10, b"/FlateDecode", b"[/Indexed/DeviceRGB 255(x)]"),
        ),
        ("colour-loop", image(zlib.compress(bytes(100)), 10, 10, b"/FlateDecode", b" 7 0 R")),
    ):
        yield (
            f"picture-{name}.pdf",
            one_page(place, b"", b"/XObject<</I 6 0 R>>", picture, b"[/Indexed 7 0 R 1 (x)]"),
        )
    many = b"".join(b"/I%d 6 0 R" % n for n in range(5000))
    drawn = b"".join(b"q 612 0 0 792 0 0 cm /I%d Do Q " % n for n in range(5000))
    small = image(zlib.compress(bytes(3_000_000)), 1000, 1000, b"/FlateDecode")
    yield "pictures-5000.pdf", one_page(deflated(drawn), b"", b"/XObject<<%s>>" % many, small)
    tile = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep .001/YStep .001/Resources<<>>"
    yield (
        "tiles.pdf",
        one_page(
            stream(b"q 612 0 0 792 0 0 cm /I Do Q /Pattern cs /P scn 0 0 612 792 re f"),
            b"",
            b"/XObject<</I 6 0 R>>/Pattern<</P 7 0 R>>",
            image(zlib.compress(bytes(300)), 10, 10, b"/FlateDecode"),
            stream(b"0 0 1 1 re f", tile),
        ),
    )


def broken_parts() -> Iterator[File]:
    def with_font(font: bytes, *more: bytes) -> bytes:
        return one_page(stream(b"BT /G 12 Tf 72 700 Td <00410042ffff> Tj ET"), b"", b"", font, *more).replace(
            b"/F 5 0 R", b"/G 6 0 R"
        )

    wide = (
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[7 0 R]/ToUnicode 9 0 R>>"
    )
    inner = b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/FontDescriptor 8 0 R/W[0 65535 1e30]>>"
    about = b"<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 10 0 R>>"
    ranges = b"100 beginbfrange\n" + b"<0000> <ffff> <0000>\n" * 2000 + b"endbfrange\n"
    yield (
        "font-noise.pdf",
        with_font(wide, inner, about, stream(ranges), stream(b"\0\1\0\0\0\xff" + b"\x37" * 5000)),
    )
    yield "font-loop.pdf", with_font(wide.replace(b"7 0 R", b"6 0 R"), inner, about, stream(b""))
    drawn = b"<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/FirstChar 65/LastChar 65/Widths[1]"
    drawn += b"/CharProcs<</a 7 0 R>>/Encoding<</Differences[65/a]>>/Resources<</Font<</G 6 0 R>>>>>>"
    yield (
        "font-draws-itself.pdf",
        with_font(drawn, stream(b"BT /G 12 Tf (A) Tj ET")).replace(b"<00410042ffff>", b"(AAA)"),
    )
    yield "no-font.pdf", one_page(stream(HELLO)).replace(b"/F 5 0 R", b"/F 99 0 R")
    yield (
        "script.pdf",
        one_page(stream(HELLO)).replace(
            b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(while(1){})>>"
        ),
    )
    yield (
        "launch.pdf",
        one_page(stream(HELLO)).replace(
            b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/Launch/F(/bin/sh)>>"
        ),
    )
    yield (
        "form-xfa.pdf",
        one_page(stream(HELLO)).replace(
            b"/Type/Catalog", b"/Type/Catalog/AcroForm<</XFA(<a>&b;</a>)/Fields[1 0 R]>>"
        ),
    )
    yield (
        "dates.pdf",
        document(
            [
                CATALOG,
                b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
                b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
                b"<</Title<feff%s>/CreationDate(D:99999999999999)/ModDate(D:00000000)/Author 4 0 R>>"
                % (b"d800" * 99_999),
            ],
            b"/Info 4 0 R",
        ),
    )
    yield "no-catalog.pdf", document([b"null", b"null"])
    yield "only-header.pdf", b"%PDF-1.7\n%%EOF\n"
    yield "version-99.pdf", document([CATALOG, b"<<>>"], head=b"%PDF-99.99\n")
    yield "objects-nowhere.pdf", one_page(stream(HELLO)).replace(b"obj\n", b"obk\n")
    yield "many-objects.pdf", document([CATALOG, b"<</Type/Pages/Kids[]/Count 1>>", *[b"null"] * 200_000])
    yield "nan-matrix.pdf", one_page(stream(b"1e38 1e38 1e38 1e38 1e38 1e38 cm " * 9 + HELLO))


def encrypted() -> Iterator[File]:
    """Encryption that needs a password nobody has, or that makes no sense."""
    wrong = b"<" + b"5a" * 32 + b">"
    for name, what in (
        ("40-bit", b"/Filter/Standard/V 1/R 2/P -4/O %s/U %s" % (wrong, wrong)),
        ("128-bit", b"/Filter/Standard/V 2/R 3/Length 128/P -4/O %s/U %s" % (wrong, wrong)),
        ("256-bit", b"/Filter/Standard/V 5/R 6/Length 256/P -4/O %s/U %s/OE %s/UE %s" % ((wrong,) * 4)),
        ("unknown-handler", b"/Filter/Adobe.PubSec/V 4/SubFilter/adbe.pkcs7.s5"),
        ("odd-length", b"/Filter/Standard/V 2/R 3/Length 7777/P 0/O()/U()"),
        ("self", b"/Filter/Standard/V 4/R 4/CF 6 0 R/StmF/X/StrF/X/O 6 0 R/U 6 0 R/P 0"),
        ("nothing", b""),
    ):
        body = one_page(stream(HELLO), b"", b"", b"<<%s>>" % what)
        yield f"encrypted-{name}.pdf", body.replace(b"/Root", b"/Encrypt 6 0 R/ID[(a)(b)]/Root")
