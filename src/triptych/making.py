"""Making: pages into pieces. Passages of their text, captions, views, each with its vector.

Making(encoders, cached, settings).pieces(title, sha256, pages, said)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from triptych import captioning, plugins
from triptych.chunk import chunk, passage
from triptych.embed import Cached, embed, view_key
from triptych.looks import laid_out
from triptych.pipeline import Encoders
from triptych.records import KINDS, SIGNAL_OF, Piece
from triptych.seams import Captioner
from triptych.settings import VLM, Settings
from triptych.sql.replay import TEMPLATED
from triptych.types import Caption, Chunk, Page, Reading

_SECTION = 24  # tokens kept free for the name of a section; longer ones push the end of a full chunk out

# What programs write for a title where people gave none: a word for it, or where the file lay.
_PROGRAM = re.compile(r"microsoft (?:office )?(?:word|excel|powerpoint) - ", re.I)
_NO_TITLE = re.compile(
    r"(?:untitled|unnamed|unbenannt|sans titre|no title|document|dokument|presentation|powerpoint presentation|"
    r"book|mappe|scan|none|null|title)[ \d_-]*$|\w+:/|[a-z]:\\|\\\\|/",
    re.I,
)


class Making:
    """Makes the pieces of one library. `cached` gives the vectors of texts that it holds already."""

    def __init__(self, encoders: Encoders, cached: Cached, settings: Settings) -> None:
        spec = settings.captioner
        self._origin = plugins.split(spec)[0]
        later = self._origin in ("none", VLM)  # a vision-language model is asked by `describing` only
        self._captioner: Captioner | None = None if later else plugins.load("captioners", spec)
        self._encoders = encoders
        self._cached = cached
        self._cut = settings.chunk

    @property
    def captioner(self) -> str:
        """Who describes each page as it is made, with version; "none" where that is left for later."""
        made = self._captioner
        return "none" if made is None or made.side else made.name

    def pieces(
        self, title: str, sha256: str, pages: Sequence[Page], said: Mapping[int, Sequence[Caption]]
    ) -> list[list[Piece]]:
        """The pieces of each page of a file; `said` are captions of pages by number. Waits for the vectors of
        views that are still on their way."""
        encoder = self._encoders.text
        pages = laid_out(pages, self._encoders.image)
        chunks = chunk(pages, encoder.count, self._room(title, pages), self._cut.overlap)
        views = [_views(sha256, page) for page in pages]
        captions = [
            [*said.get(page.number, ()), *own]
            for page, own in zip(pages, self._own_captions(title, pages, views), strict=True)
        ]
        texts = [
            passage(title, c, page.text.text) for page, cs in zip(pages, chunks, strict=True) for c in cs
        ]
        described = [c.text for here in captions for c in here]
        keys, rows = embed([*texts, *described], encoder, self._cached)
        vectors = iter(zip(keys, rows, strict=True))
        passages = [[Piece(c, *next(vectors)) for c in cs] for cs in chunks]
        spoken = [captioning.pieces(here, [next(vectors) for _ in here]) for here in captions]
        return [[*a, *b, *c] for a, b, c in zip(passages, views, spoken, strict=True)]

    def _own_captions(
        self, title: str, pages: Sequence[Page], views: Sequence[Sequence[Piece]]
    ) -> list[list[Caption]]:
        """What a captioner that needs no pixels says of each page; others are asked later (`describing`)."""
        captioner, image = self._captioner, self._encoders.image
        if captioner is None or captioner.side or image is None:
            return [[] for _ in pages]
        seen = [
            captioning.seen(title, page, here[0].vector, image.space)
            for page, here in zip(pages, views, strict=True)
            if here
        ]
        told = iter(captioner.captions(seen) if seen else ())
        return [captioning.made(next(told), self._origin, captioner.name) if here else [] for here in views]

    def _room(self, title: str, pages: Sequence[Page]) -> int:
        """Tokens that a chunk may have for the encoder to read it to its end under its title and section."""
        encoder, size = self._encoders.text, self._cut.size
        heads = encoder.count([title, *{section.title for page in pages for section in page.sections}])
        room = encoder.max_tokens - heads[0] - min(_SECTION, max(heads[1:], default=0))
        return max(size // 2, min(size, room))


def counts(pieces: Sequence[Piece]) -> dict[str, int]:
    """How many entries pieces make for each signal; in keywords, what one origin says of a page is one."""
    found = Counter(SIGNAL_OF[piece.kind] for piece in pieces)
    said = [piece for piece in pieces if piece.caption is not None and piece.chunk.start == 0]
    first = sum(piece.caption is not None and piece.caption.origin != TEMPLATED for piece in said)
    return {"keyword": found["text"] + first, **{name: found[name] for name in KINDS}}


def _views(sha256: str, page: Page) -> list[Piece]:
    """The views of a page as pieces, the whole page first. Waits for their vectors."""
    return [
        Piece(
            Chunk(0, 0, view.name),
            view_key(sha256, page.number, view.box),
            None if view.vector is None else view.vector.result(),
            view.kind,
            view.box,
        )
        for view in page.views
    ]


def titled(name: str, reading: Reading) -> str:
    """What a file of that name is called: the document's own title where it has one, with the file's name."""
    own = _PROGRAM.sub("", str(reading.meta.get("title") or "").strip())
    says = own.lower() not in name.lower() and any(map(str.isalpha, own)) and not _NO_TITLE.match(own)
    return f"{name} - {own}" if own and says else name
