"""The keyword projection: BM25 over our own tokens, in tantivy.

    KeywordIndex.open(folder, create) -> KeywordIndex          watermark, len(), ids()
    add(passages) / drop(first, last) / flush(watermark)       writing: one process at a time
    refresh()                                                  see what another process committed
    search(clauses, k, scope) -> (ids, scores)                 score(clauses, ids, scope) -> scores
    document_frequency(field, token), count                    statistics for whoever weighs terms

Fields: `text` (folded words), `stem` (the same, English stems), `exact` (numbers, dates, codes, e-mail
addresses), `pair` (two neighbouring words written as one, which tells a phrase from the same words
elsewhere), `title` (title and name of the file, heading of the section). A clause is one or more terms
of which the best one counts; the score of a chunk is the sum over clauses. BM25 has tantivy's k1 = 1.2
and b = 0.75.

The watermark is exact without a second transaction: before a commit the next watermark is written down
beside the operation number at which the index stands; whether the commit happened can be read off
tantivy's own operation number afterwards.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tantivy

from triptych import files, tokens
from triptych.errors import Damaged, LibraryError
from triptych.faults import point
from triptych.filters import Scope
from triptych.replay import Passage

FIELDS = ("text", "stem", "exact", "pair", "title")
_FORMAT = f"2.{tokens.VERSION}"
_MARK = "watermark.json"
_HEAP = 64_000_000  # bytes that the writer may fill before it must write a segment
_FEW = 500  # up to so many allowed chunks a set of terms is the faster filter (docs/log/index.md)
_RUNS = 64  # up to so many runs of consecutive keys ranges are
_TIES = 32  # hits asked for beyond k, so that ties at the end are seen
_DECIMALS = 4  # sums of float32 differ in the seventh digit with the layout of segments: no order in that


class Term(NamedTuple):
    """One token in one field; its BM25 score is multiplied by `weight`."""

    field: str
    token: str
    weight: float = 1.0


Clause = tuple[Term, ...]


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("key", indexed=True, fast=True)
    builder.add_text_field("every", tokenizer_name="raw", index_option="basic")  # "1" in each document
    builder.add_text_field("collection", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name="folded", index_option="freq")
    builder.add_text_field("stem", tokenizer_name="english", index_option="freq")
    builder.add_text_field("exact", tokenizer_name="folded", index_option="freq")
    builder.add_text_field("pair", tokenizer_name="folded", index_option="freq")
    builder.add_text_field("title", tokenizer_name="folded", index_option="freq")
    return builder.build()


def _analyzer(*filters: Any) -> Any:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    for step in filters:
        builder = builder.filter(step)
    return builder.build()


def stems(words: Sequence[str]) -> list[str]:
    """Stems of folded words, as the field `stem` holds them."""
    found: list[str] = _analyzer(tantivy.Filter.stemmer("english")).analyze(" ".join(words))
    return found


class KeywordIndex:
    """An opened keyword index. Searching is safe from any thread, writing from one at a time."""

    def __init__(self, folder: Path, index: Any) -> None:
        self.folder = folder
        self._index = index
        self._index.config_reader(reload_policy="manual")  # no thread that watches the files: `refresh`
        self._index.register_tokenizer("folded", _analyzer())
        self._index.register_tokenizer("english", _analyzer(tantivy.Filter.stemmer("english")))
        self._schema = index.schema
        self._writer: Any = None
        self._idf: dict[tuple[str, str, tuple[str, ...] | None], float] = {}
        self.watermark = 0
        self.refresh()

    @classmethod
    def open(cls, folder: Path, create: bool = False) -> KeywordIndex:
        """The index in `folder`. Raises Damaged when it is missing, unreadable or of another format."""
        mark = folder / _MARK
        try:
            if create and not folder.exists():
                folder.mkdir(parents=True)
                index = tantivy.Index(_schema(), path=str(folder))
                files.write(mark, _mark(_opstamp(folder), 0))
            else:
                if json.loads(mark.read_text("utf-8"))["format"] != _FORMAT:
                    raise Damaged(f"The keyword index '{folder}' is of another format.")
                index = tantivy.Index.open(str(folder))
            return cls(folder, index)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged(f"The keyword index '{folder}' cannot be read: {error}.") from error

    # ------------------------------------------------------------------------------------ writing

    def add(self, passages: Iterable[Passage]) -> None:
        """Index chunks that are not in the index yet. Seen by searches after `flush`."""
        writer = self._writing()
        for passage in passages:
            listed = tokens.words(passage.text)
            words = " ".join(listed)
            names = f"{passage.title} {Path(passage.source).name} {passage.section}"
            document = tantivy.Document()
            document.add_integer("key", passage.key)
            document.add_text("every", "1")
            document.add_text("collection", passage.collection)
            document.add_text("text", words)
            document.add_text("stem", words)
            document.add_text("exact", " ".join(tokens.exact(passage.text)))
            document.add_text("pair", " ".join(tokens.pairs(listed)))
            document.add_text("title", " ".join(tokens.words(names)))
            writer.add_document(document)
        point("keyword-added")

    def drop(self, first: int, last: int) -> None:
        """Delete the chunks with keys in [first, last]; those that are not there are no error."""
        if first <= last:
            self._writing().delete_documents_by_query(self._range(first, last))

    def flush(self, watermark: int) -> None:
        """Make everything durable together with the watermark, both or neither."""
        writer = self._writing()
        files.write(self.folder / _MARK, _mark(_opstamp(self.folder), self.watermark, watermark))
        point("keyword-intended")
        writer.commit()
        point("keyword-committed")
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
            self._searcher = self._index.searcher()
        except (OSError, ValueError, KeyError) as error:
            raise Damaged(f"The keyword index '{self.folder}' cannot be read: {error}.") from error
        self.watermark = int(mark["watermark"] if opstamp == mark["opstamp"] else mark["next"])
        self._idf.clear()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    @property
    def deleted(self) -> int:
        """Documents that are gone but still take room and count in tantivy's statistics."""
        return int(self._searcher.doc_freq("every", "1")) - len(self)

    def ids(self) -> np.ndarray:
        """All chunk keys, sorted: what `verify` compares with the catalog."""
        ids, _ = self._run(tantivy.Query.all_query(), max(1, len(self)))
        return np.sort(ids)

    def document_frequency(self, field: str, token: str, collections: tuple[str, ...] | None = None) -> int:
        """In how many chunks (of those collections) `token` stands in `field`; deleted ones do not count."""
        if collections is None and not self.deleted:
            return int(self._searcher.doc_freq(field, token))
        query = tantivy.Query.term_query(self._schema, field, token)
        return self._number(query, collections)

    def size(self, collections: tuple[str, ...] | None = None) -> int:
        """Number of chunks in those collections."""
        return len(self) if collections is None else self._number(tantivy.Query.all_query(), collections)

    def _number(self, query: Any, collections: tuple[str, ...] | None) -> int:
        if collections is not None:
            query = _all_of(query, self._collections(collections))
        return int(self._searcher.search(query, 1, count=True).count)

    def search(
        self, clauses: Sequence[Clause], k: int, scope: Scope | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(chunk keys (n,) int64, scores (n,) float64), best first, at most k, ties by key.

        Only chunks of `scope` are looked at. Term weights come from the scope's collections alone, so
        what stands in other collections does not move a score.
        """
        query = self._query(clauses, scope)
        keys = scope.keys if scope is not None and scope.narrowed else None
        if query is None or (keys is not None and not len(keys)):
            return _nothing()
        if keys is None:
            return self._best(query, k, None)
        runs = _runs(keys, _RUNS)
        if runs is not None:
            ranges = tantivy.Query.boolean_query([(tantivy.Occur.Should, self._range(a, b)) for a, b in runs])
            return self._best(_all_of(query, ranges), k, None)
        if len(keys) <= _FEW:
            return self._best(_all_of(query, self._set(keys)), k, None)
        return self._best(query, k, keys)

    def score(self, clauses: Sequence[Clause], ids: np.ndarray, scope: Scope | None = None) -> np.ndarray:
        """Scores of known chunks for `clauses`, in the order of `ids`; 0 where nothing matches."""
        scores = np.zeros(len(ids))
        query = self._query(clauses, scope)
        if query is None or not len(ids):
            return scores
        found, values = self._run(_all_of(query, self._set(np.unique(ids))), len(ids))
        order = np.argsort(found)
        at = np.searchsorted(found, ids, sorter=order)
        inside = at < len(found)
        at = order[np.where(inside, at, 0)] if len(found) else at
        hit = inside & (found[at] == ids) if len(found) else inside
        scores[hit] = values[at[hit]]
        return scores

    # ------------------------------------------------------------------------------------ queries

    def _query(self, clauses: Sequence[Clause], scope: Scope | None) -> Any:
        """The tantivy query of `clauses`; None when no term of them is known."""
        collections = None if scope is None else scope.collections
        parts: list[Any] = []
        for clause in clauses:
            terms = [q for q in (self._term(term, collections) for term in clause) if q is not None]
            if len(terms) > 1:
                parts.append(tantivy.Query.disjunction_max_query(terms))
            else:
                parts += terms
        if not parts:
            return None
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])
        return query if collections is None else _all_of(query, self._collections(collections))

    def _term(self, term: Term, collections: tuple[str, ...] | None) -> Any:
        correction = self._correction(term, collections)
        if not correction or not term.weight:
            return None
        query = tantivy.Query.term_query(self._schema, term.field, term.token)
        return tantivy.Query.boost_query(query, correction * term.weight)

    def _correction(self, term: Term, collections: tuple[str, ...] | None) -> float:
        """What makes tantivy's inverse document frequency the one of live documents in these collections.

        tantivy counts deleted documents until a merge drops them, and all collections. 0: no match.
        """
        name = (term.field, term.token, collections)
        if name not in self._idf:
            all_found = int(self._searcher.doc_freq(term.field, term.token))
            live = self.document_frequency(term.field, term.token, collections) if all_found else 0
            theirs = _idf(int(self._searcher.doc_freq("every", "1")), all_found)
            self._idf[name] = _idf(self.size(collections), live) / theirs if live else 0.0
        return self._idf[name]

    def _collections(self, names: tuple[str, ...]) -> Any:
        terms = [tantivy.Query.term_query(self._schema, "collection", name) for name in names]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])

    def _range(self, first: int, last: int) -> Any:
        return tantivy.Query.range_query(self._schema, "key", tantivy.FieldType.Integer, first, last)

    def _set(self, keys: np.ndarray) -> Any:
        return tantivy.Query.term_set_query(self._schema, "key", keys.tolist())

    def _best(self, query: Any, k: int, allowed: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The best k, of `allowed` keys only: asks for more until k are certain, or nothing is left."""
        total = max(1, len(self))
        share = 1.0 if allowed is None else len(allowed) / total
        depth = min(total, int((k + _TIES) / share * 1.2) + 1)
        while True:
            ids, scores = self._run(query, depth)
            exhausted = len(ids) < depth or depth >= total
            lowest = scores[-1] if len(scores) else 0.0
            if allowed is not None:
                keep = allowed[np.minimum(np.searchsorted(allowed, ids), len(allowed) - 1)] == ids
                ids, scores = ids[keep], scores[keep]
            # Beyond the last hit may stand others of its score: all are needed to break the tie by key.
            if exhausted or (len(ids) >= k and (k == 0 or scores[k - 1] > lowest)):
                order = np.lexsort((ids, -scores))[:k]
                return ids[order], scores[order]
            depth = min(total, depth * 4)

    def _run(self, query: Any, depth: int) -> tuple[np.ndarray, np.ndarray]:
        hits = self._searcher.search(query, depth, count=False).hits
        if not hits:
            return _nothing()
        ids = self._searcher.fast_field_values("key", [address for _, address in hits])
        scores = np.array([score for score, _ in hits], np.float64)
        return np.array(ids, np.int64), np.round(scores, _DECIMALS)


def _idf(documents: int, frequency: int) -> float:
    """BM25's inverse document frequency, as tantivy has it."""
    return float(np.log1p((documents - frequency + 0.5) / (frequency + 0.5)))


def _all_of(query: Any, condition: Any) -> Any:
    """Documents of `query` that fulfil `condition`, with the scores of `query`."""
    without_score = tantivy.Query.const_score_query(condition, 0.0)
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, without_score)])


def _runs(keys: np.ndarray, most: int) -> list[tuple[int, int]] | None:
    """Sorted keys as runs of consecutive ones, [first, last]; None when there are more than `most`."""
    breaks = np.flatnonzero(np.diff(keys) != 1)
    if len(breaks) >= most:
        return None
    firsts = keys[np.r_[0, breaks + 1]]
    lasts = keys[np.r_[breaks, len(keys) - 1]]
    return [(int(a), int(b)) for a, b in zip(firsts, lasts, strict=True)]


def _nothing() -> tuple[np.ndarray, np.ndarray]:
    return np.empty(0, np.int64), np.empty(0, np.float64)


def _opstamp(folder: Path) -> int:
    """tantivy's number of the last committed operation."""
    return int(json.loads((folder / "meta.json").read_text("utf-8"))["opstamp"])


def _mark(opstamp: int, watermark: int, following: int | None = None) -> bytes:
    """At `opstamp` the index contains `watermark`; at any other it contains `following`."""
    mark = {"format": _FORMAT, "opstamp": opstamp, "watermark": watermark, "next": following}
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
