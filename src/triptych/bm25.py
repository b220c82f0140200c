"""BM25 over one commit of the keyword index: filters inside the search, exact statistics, ties by key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tantivy

from triptych.filters import Scope
from triptych.language import LANGUAGES

_FEW = 500  # up to so many allowed chunks a set of terms is the faster filter (docs/log/index.md)
_RUNS = 64  # up to so many runs of consecutive keys ranges are
_TIES = 32  # hits asked for beyond k, so that ties at the end are seen
_LATER = 0.1  # of its weight counts a rung after the first one that stands
_BEGINNINGS = 30  # tokens that one beginning may stand for
_DECIMALS = 4  # sums of float32 differ in the seventh digit with the layout of segments: no order in that


class Term(NamedTuple):
    """One token in one field; its BM25 score is multiplied by `weight`."""

    field: str
    token: str
    weight: float = 1.0


Clause = tuple[Term, ...]


class Begins(NamedTuple):
    """The tokens of a field that begin with `prefix`, the commonest of them, as terms of that weight."""

    field: str
    prefix: str
    weight: float = 1.0


class Near(NamedTuple):
    """The tokens of a field that are `token` but for one letter more, less, another, or two in turned order."""

    field: str
    token: str
    weight: float = 1.0


class Ladder(NamedTuple):
    """Ever weaker ways to find one thing. The first rung on which anything stands counts in full, those after it
    a little, so that a likeness never counts like the thing itself; rungs with a `Near` only where nothing stands."""

    rungs: tuple[tuple[Clause | Begins | Near, ...], ...]


class Snapshot:
    """The index as one commit left it. It stays that way: all that one call reads belongs together."""

    def __init__(self, searcher: Any, schema: Any) -> None:
        self._searcher = searcher
        self._schema = schema
        self._live = int(searcher.num_docs)
        self._counted = int(searcher.doc_freq("every", "1"))  # by tantivy, in its statistics
        self._idf: dict[tuple[str, str, tuple[str, ...] | None], float] = {}
        self._languages: dict[tuple[str, ...] | None, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return self._live

    @property
    def deleted(self) -> int:
        """Documents that are gone but still take room and count in tantivy's statistics."""
        return self._counted - self._live

    def ids(self) -> np.ndarray:
        """All chunk keys, sorted."""
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
        self, clauses: Sequence[Clause | Ladder], k: int, scope: Scope | None = None
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
            ranges = tantivy.Query.boolean_query(
                [(tantivy.Occur.Should, key_range(self._schema, a, b)) for a, b in runs]
            )
            return self._best(_all_of(query, ranges), k, None)
        if len(keys) <= _FEW:
            return self._best(_all_of(query, self._set(keys)), k, None)
        return self._best(query, k, keys)

    def score(
        self, clauses: Sequence[Clause | Ladder], ids: np.ndarray, scope: Scope | None = None
    ) -> np.ndarray:
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

    def holding(self, words: Sequence[str], fields: Sequence[str]) -> np.ndarray:
        """Keys (n,) int64, sorted, of the chunks that have `words` side by side in one of `fields`, which
        must be fields that keep the places of words."""
        if not words:
            return _nothing()[0]
        phrases = [self._phrase(field, words) for field in fields]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, phrase) for phrase in phrases])
        return np.sort(self._run(query, max(1, len(self)))[0])

    def _phrase(self, field: str, words: Sequence[str]) -> Any:
        if len(words) == 1:  # there is no phrase of one word in tantivy
            return tantivy.Query.term_query(self._schema, field, words[0])
        return tantivy.Query.phrase_query(self._schema, field, [*words])

    # ------------------------------------------------------------------------------------ queries

    def _query(self, clauses: Sequence[Clause | Ladder], scope: Scope | None) -> Any:
        """The tantivy query of `clauses`; None when no term of them is known."""
        collections = None if scope is None else scope.collections
        parts: list[Any] = []
        for clause in clauses:
            if isinstance(clause, Ladder):
                parts += self._ladder(clause, collections)
            else:
                parts += self._best_of(clause, collections)
        if not parts:
            return None
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])
        return query if collections is None else _all_of(query, self._collections(collections))

    def _ladder(self, ladder: Ladder, collections: tuple[str, ...] | None) -> list[Any]:
        parts: list[Any] = []
        share = 1.0
        for rung in ladder.rungs:
            if parts and any(isinstance(step, Near) for step in rung):
                continue
            here: list[Any] = []
            for step in rung:
                if isinstance(step, Near):
                    here += self._near(step, collections)
                elif isinstance(step, Begins):
                    here += self._begins(step, share, collections)
                else:
                    here += self._best_of(step, collections, share)
            parts += here
            share = _LATER if parts else 1.0
        return parts

    def _best_of(self, clause: Clause, collections: tuple[str, ...] | None, share: float = 1.0) -> list[Any]:
        """At most one query, of which the best term counts."""
        terms = [q for q in (self._term(term, collections, share) for term in clause) if q is not None]
        return [tantivy.Query.disjunction_max_query(terms)] if len(terms) > 1 else terms

    def _begins(self, begins: Begins, share: float, collections: tuple[str, ...] | None) -> list[Any]:
        found = self._searcher.terms_with_prefix(begins.field, begins.prefix, limit=_BEGINNINGS)
        terms = (Term(begins.field, token, begins.weight) for token, _ in found)
        return [q for q in (self._term(term, collections, share) for term in terms) if q is not None]

    def _near(self, near: Near, collections: tuple[str, ...] | None) -> list[Any]:
        """All count the same, as a word of their number would: tantivy does not tell which one it found."""
        query = tantivy.Query.fuzzy_term_query(self._schema, near.field, near.token)
        number = self._number(query, collections)
        if not number:
            return []
        weight = near.weight * _idf(self.size(collections), number)
        return [tantivy.Query.boost_query(tantivy.Query.const_score_query(query, 1.0), weight)]

    def languages(self, collections: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The languages of chunks in those collections, by their number."""
        if collections not in self._languages:  # asked for with each question
            counts = {name: self.document_frequency("language", name, collections) for name in LANGUAGES}
            there = sorted((n for n in counts if counts[n]), key=lambda name: -counts[name])
            self._languages[collections] = tuple(there)
        return self._languages[collections]

    def _term(self, term: Term, collections: tuple[str, ...] | None, share: float = 1.0) -> Any:
        correction = self._correction(term, collections)
        if not correction or not term.weight:
            return None
        query = tantivy.Query.term_query(self._schema, term.field, term.token)
        return tantivy.Query.boost_query(query, correction * term.weight * share)

    def _correction(self, term: Term, collections: tuple[str, ...] | None) -> float:
        """What makes tantivy's inverse document frequency the one of live documents in these collections.

        tantivy counts deleted documents until a merge drops them, and all collections. 0: no match.
        """
        name = (term.field, term.token, collections)
        known = self._idf.get(name)
        if known is not None:
            return known
        all_found = int(self._searcher.doc_freq(term.field, term.token))
        if not all_found:  # most variants of a word: not worth remembering
            return 0.0
        live = self.document_frequency(term.field, term.token, collections)
        theirs = _idf(self._counted, all_found)
        self._idf[name] = _idf(self.size(collections), live) / theirs if live else 0.0
        return self._idf[name]

    def _collections(self, names: tuple[str, ...]) -> Any:
        terms = [tantivy.Query.term_query(self._schema, "collection", name) for name in names]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])

    def _set(self, keys: np.ndarray) -> Any:
        """The documents with these keys. As single terms: a term set walks the dictionary of keys and takes
        twice as long for hundreds of them."""
        terms = [tantivy.Query.term_query(self._schema, "key", key, "basic") for key in keys.tolist()]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])

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


def key_range(schema: Any, first: int, last: int) -> Any:
    """The documents with keys in [first, last]."""
    return tantivy.Query.range_query(schema, "key", tantivy.FieldType.Integer, first, last)
