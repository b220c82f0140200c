"""A LlamaIndex retriever: `TriptychRetriever(lib).retrieve("invoice ACME")` gives nodes with scores, a page each.

pip install 'triptych[llama_index]'
"""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from triptych.library import Library
from triptych.retrievers._page import facts, text_of


class TriptychRetriever(BaseRetriever):
    """Pages of a library, best first. `whole`: all text of each page, else the words that match; `metadata` says
    where they stand, boxes included. Where nothing matches well there are no nodes."""

    def __init__(
        self,
        library: Library,
        k: int = 5,
        collection: str | None = None,
        where: str | None = None,
        whole: bool = True,
    ) -> None:
        super().__init__()
        self._library = library
        self._k = k
        self._collection = collection
        self._where = where
        self._whole = whole

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        text = query_bundle.query_str
        found = self._library.search(text, k=self._k, collection=self._collection, where=self._where)
        hits = () if found.match is False else found.hits
        return [
            NodeWithScore(
                node=TextNode(
                    id_=f"{hit.asset}#{hit.page}",
                    text=text_of(self._library, hit, self._whole),
                    metadata=facts(hit),
                ),
                score=hit.score,
            )
            for hit in hits
        ]
