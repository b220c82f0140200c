"""BM25 over one commit of the keyword index of one collection: filters inside the search, exact statistics, ties
by key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tantivy

from triptych.projections.clauses import BEGINNINGS, Likeness, Near, Part, Term, idf

_FEW = 500  # up to so many allowed chunks a set of terms is the faster filter (docs/log/index.md)
_RUNS = 64  # up to so many runs of consecutive keys ranges are
_TIES = 32  # hits asked for beyond k, so that ties at the end are seen
_DECIMALS = 4  # sums of float32 differ in the seventh digit with the layout of segments: no order in that


class Snapshot:
    """The index as one commit left it. It stays that way: all that one call reads belongs together."""

    def __init__(self, searcher: Any, schema: Any) -> None:
        self._searcher = searcher
        self._schema = schema
        self._live = int(searcher.num_docs)
        self._counted = int(searcher.doc_freq("every", "1"))  # by tantivy, in its statistics

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

    def document_frequency(self, field: str, token: str) -> int:
        """In how many chunks `token` stands in `field`; deleted ones do not count."""
        found = int(self._searcher.doc_freq(field, token))
        if not found or not self.deleted:
            return found
        return self._number(tantivy.Query.term_query(self._schema, field, token))

    def likenesses(self, near: Near) -> int:
        """In how many chunks something near stands."""
        return self._number(self._fuzzy(near))

    def beginnings(self, field: str, prefix: str) -> dict[str, int]:
        """The commonest tokens that begin with `prefix`, and in how many chunks, deleted ones too."""
        return dict(self._searcher.terms_with_prefix(field, prefix, limit=BEGINNINGS))

    def _number(self, query: Any) -> int:
        return int(self._searcher.search(query, 1, count=True).count)

    def search(
        self, parts: Sequence[Part], k: int, keys: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(chunk keys (n,) int64, scores (n,) float64), best first, at most k, ties by key.

        Only chunks with one of `keys` (sorted; None: all) are looked at.
        """
        query = self._query(parts)
        if query is None or (keys is not None and not len(keys)):
            return nothing()
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

    def score(self, parts: Sequence[Part], ids: np.ndarray) -> np.ndarray:
        """Scores of known chunks for `parts`, in the order of `ids`; 0 where nothing matches."""
        scores = np.zeros(len(ids))
        query = self._query(parts)
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

    def holds(self, first: int, last: int) -> bool:
        """Whether there is a chunk with a key in [first, last]."""
        return bool(self._number(key_range(self._schema, first, last)))

    def holding(self, words: Sequence[str], fields: Sequence[str]) -> np.ndarray:
        """Keys (n,) int64, sorted, of the chunks that have `words` side by side in one of `fields`, which
        must be fields that keep the places of words."""
        if not words:
            return nothing()[0]
        phrases = [self._phrase(field, words) for field in fields]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, phrase) for phrase in phrases])
        return np.sort(self._run(query, max(1, len(self)))[0])

    def _phrase(self, field: str, words: Sequence[str]) -> Any:
        if len(words) == 1:  # there is no phrase of one word in tantivy
            return tantivy.Query.term_query(self._schema, field, words[0])
        return tantivy.Query.phrase_query(self._schema, field, [*words])

    # ------------------------------------------------------------------------------------ queries

    def _query(self, parts: Sequence[Part]) -> Any:
        """The tantivy query of `parts`; None when nothing of them stands here."""
        found = [query for part in parts for query in self._part(part)]
        if not found:
            return None
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in found])

    def _part(self, part: Part) -> list[Any]:
        """At most one query."""
        if isinstance(part, Likeness):
            return [
                tantivy.Query.boost_query(
                    tantivy.Query.const_score_query(self._fuzzy(part.near), 1.0), part.score
                )
            ]
        terms = [query for query in map(self._term, part.terms) if query is not None]
        return [tantivy.Query.disjunction_max_query(terms)] if len(terms) > 1 else terms

    def _fuzzy(self, near: Near) -> Any:
        return tantivy.Query.fuzzy_term_query(self._schema, near.field, near.token)

    def _term(self, term: Term) -> Any:
        """The term with its own weight in place of tantivy's inverse document frequency, which counts deleted
        documents until a merge drops them, and this collection alone. None: no match."""
        found = int(self._searcher.doc_freq(term.field, term.token))
        if not found:
            return None
        query = tantivy.Query.term_query(self._schema, term.field, term.token)
        return tantivy.Query.boost_query(query, term.weight / idf(self._counted, found))

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
            return nothing()
        ids = self._searcher.fast_field_values("key", [address for _, address in hits])
        scores = np.array([score for score, _ in hits], np.float64)
        return np.array(ids, np.int64), np.round(scores, _DECIMALS)


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


def nothing() -> tuple[np.ndarray, np.ndarray]:
    """No keys, no scores."""
    return np.empty(0, np.int64), np.empty(0, np.float64)


def key_range(schema: Any, first: int, last: int) -> Any:
    """The documents with keys in [first, last]."""
    return tantivy.Query.range_query(schema, "key", tantivy.FieldType.Integer, first, last)
