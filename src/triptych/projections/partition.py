"""The keyword index of one collection: BM25 over our own tokens, in tantivy.

    Partition.open(folder, create) -> Partition          collection, watermark, len(), ids()
    add(passages) / drop(first, last) / flush(watermark)       writing: one process at a time
    refresh()                                                  see what another process committed
    snapshot                                                   what searches ask, see `bm25`

Fields: `text` (folded words), `stem` (their stems in the language of the chunk, which stands in `language`),
`exact` (numbers, dates, codes, e-mail addresses, and what slips of OCR made of them), `tail` (ends of codes), `pair`
(two neighbouring words written as one, which tells a phrase from the same words elsewhere), `title` (title and name
of the file, heading of the section). BM25 has tantivy's k1 = 1.2 and b = 0.75.

The watermark is exact without a second transaction: before a commit the next watermark is written down
beside the operation number at which the index stands; whether the commit happened can be read off
tantivy's own operation number afterwards.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tantivy

from triptych import files
from triptych.errors import Damaged, LibraryError
from triptych.faults import point
from triptych.projections.bm25 import Snapshot, key_range
from triptych.sql.replay import Passage
from triptych.words import language, tokens

FIELDS = ("text", "stem", "exact", "tail", "pair", "title")
FORMAT = f"5.{tokens.VERSION}"
_MARK = "watermark.json"
_HEAP = 64_000_000  # bytes that the writer may fill before it must write a segment


class OtherFormat(Damaged):
    """The index is sound, but holds other fields or tokens than this version makes."""


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("key", indexed=True, fast=True)
    builder.add_text_field("every", tokenizer_name="raw", index_option="basic")  # "1" in each document
    builder.add_text_field("text", tokenizer_name="folded", index_option="position")
    builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("stem", tokenizer_name="folded", index_option="freq")
    builder.add_text_field("exact", tokenizer_name="folded", index_option="freq")
    builder.add_text_field("tail", tokenizer_name="folded", index_option="basic")
    builder.add_text_field("pair", tokenizer_name="folded", index_option="freq")
    builder.add_text_field("title", tokenizer_name="folded", index_option="position")
    return builder.build()


def _by_spaces() -> Any:
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()


class Partition:
    """The opened index of one collection. Searching is safe from any thread, writing from one at a time."""

    def __init__(self, folder: Path, collection: str, index: Any) -> None:
        self.folder = folder
        self.collection = collection
        self._index = index
        self._index.config_reader(reload_policy="manual")  # no thread that watches the files: `refresh`
        self._index.register_tokenizer("folded", _by_spaces())
        self._schema = index.schema
        self._writer: Any = None
        self.watermark = 0
        self.refresh()

    @classmethod
    def open(cls, folder: Path, create: str | None = None) -> Partition:
        """The index in `folder`, made for the collection `create` if it is not there. Raises Damaged when it is
        missing, unreadable or of another format."""
        try:
            if create is not None and not folder.exists():
                _make(folder, create)
            mark = json.loads((folder / _MARK).read_text("utf-8"))
            if mark["format"] != FORMAT:
                raise OtherFormat(f"The keyword index '{folder}' was made by another version.")
            return cls(folder, str(mark["collection"]), tantivy.Index.open(str(folder)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged(f"The keyword index '{folder}' cannot be read: {error}.") from error

    # ------------------------------------------------------------------------------------ writing

    def add(self, passages: Iterable[Passage]) -> None:
        """Index chunks that are not in the index yet. Seen by searches after `flush`."""
        writer = self._writing()
        for passage in passages:
            listed = tokens.words(passage.text)
            spoken = language.detect(passage.text, listed)
            exact = tokens.indexed(passage.text)
            names = f"{passage.title} {Path(passage.source).name} {passage.section}"
            document = tantivy.Document()
            document.add_integer("key", passage.key)
            document.add_text("every", "1")
            document.add_text("language", spoken)
            document.add_text("text", " ".join(listed))
            document.add_text("stem", " ".join(language.stemmed(passage.text, listed, spoken)))
            document.add_text("exact", " ".join(exact))
            document.add_text("tail", " ".join(tokens.tails(exact)))
            document.add_text("pair", " ".join(tokens.pairs(listed)))
            document.add_text("title", " ".join(tokens.words(names)))
            writer.add_document(document)
        point("keyword-added")

    def drop(self, first: int, last: int) -> None:
        """Delete the chunks with keys in [first, last]; those that are not there are no error."""
        if first <= last:
            self._writing().delete_documents_by_query(key_range(self._schema, first, last))

    def flush(self, watermark: int) -> None:
        """Make everything durable together with the watermark, both or neither."""
        writer = self._writing()
        before = _opstamp(self.folder)
        files.write(self.folder / _MARK, _mark(self.collection, before, self.watermark, watermark))
        point("keyword-intended")
        writer.commit()
        point("keyword-committed")
        if _opstamp(self.folder) == before:  # there was nothing to commit, as for pictures without a word
            files.write(self.folder / _MARK, _mark(self.collection, before, watermark))
        self.refresh()

    def _writing(self) -> Any:
        if self._writer is None:
            try:
                self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
            except ValueError as error:
                raise LibraryError(
                    f"The keyword index '{self.folder}' cannot be written: {error}. Is another writer at work?"
                ) from error
        return self._writer

    def rest(self) -> None:
        """End writing: drop what was not flushed, wait for merges, free the writer's memory and lock."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.rollback()
            writer.wait_merging_threads()
            self.refresh()

    def close(self) -> None:
        self.rest()

    def damage(self) -> list[str]:
        """Files whose checksum is wrong; reads everything."""
        return [found for path in sorted(self.folder.iterdir()) if (found := _damage(path))]

    # ------------------------------------------------------------------------------------ reading

    def refresh(self) -> None:
        """See the last commit, of this or another process."""
        try:
            mark = json.loads((self.folder / _MARK).read_text("utf-8"))
            opstamp = _opstamp(self.folder)
            self._index.reload()
            self.snapshot = Snapshot(self._index.searcher(), self._schema)
        except (OSError, ValueError, KeyError) as error:
            raise Damaged(f"The keyword index '{self.folder}' cannot be read: {error}.") from error
        # Without a next one, the first commit came between the two readings: the index holds more than is said.
        further = opstamp != mark["opstamp"] and mark["next"] is not None
        self.watermark = int(mark["next"] if further else mark["watermark"])

    @property
    def writing(self) -> bool:
        """Whether something may have been handed over that is not flushed."""
        return self._writer is not None

    def __len__(self) -> int:
        return len(self.snapshot)


def _make(folder: Path, collection: str) -> None:
    """An empty index, there as a whole or not at all."""
    making = folder.with_name(f".{folder.name}.making")
    files.remove(making)
    making.mkdir(parents=True)
    tantivy.Index(_schema(), path=str(making))
    files.write(making / _MARK, _mark(collection, _opstamp(making), 0))
    making.rename(folder)
    files.sync_folder(folder.parent)


def _opstamp(folder: Path) -> int:
    """tantivy's number of the last committed operation."""
    return int(json.loads((folder / "meta.json").read_text("utf-8"))["opstamp"])


def _mark(collection: str, opstamp: int, watermark: int, following: int | None = None) -> bytes:
    """At `opstamp` the index contains `watermark`; at any other it contains `following`."""
    mark = {
        "format": FORMAT,
        "collection": collection,
        "opstamp": opstamp,
        "watermark": watermark,
        "next": following,
    }
    return json.dumps(mark).encode()


_FOOTER_MAGIC = 1337
_SEGMENT_FILES = {".fast", ".fieldnorm", ".idx", ".pos", ".store", ".term"}


def _damage(path: Path) -> str:
    """What is wrong with one of tantivy's files, by the CRC-32 in its footer; "" is sound.

    A file ends with the footer (JSON), its length and a magic number, both little-endian uint32.
    """
    if path.suffix not in _SEGMENT_FILES:
        return ""
    data = path.read_bytes()
    length, magic = struct.unpack("<II", data[-8:]) if len(data) >= 8 else (0, 0)
    try:
        if magic != _FOOTER_MAGIC or length > len(data) - 8:
            raise ValueError("no footer")
        told = json.loads(data[-8 - length : -8])["crc"]
        if zlib.crc32(data[: -8 - length]) != told:
            raise ValueError("wrong checksum")
    except (ValueError, KeyError, TypeError) as error:
        return f"The keyword index file '{path.name}' is damaged: {error}."
    return ""
