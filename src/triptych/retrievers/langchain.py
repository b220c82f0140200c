"""A LangChain retriever: `TriptychRetriever(library=lib).invoke("invoice ACME")` gives documents, a page each.

pip install 'triptych[langchain]'
"""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from triptych.library import Library
from triptych.retrievers._page import facts, text_of


class TriptychRetriever(BaseRetriever):
    """Pages of a library, best first. `whole`: all text of each page, else the words that match; `metadata` says
    where they stand, boxes included. Where nothing matches well there are no documents."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    library: Library
    k: int = 5
    collection: str | None = None
    where: str | None = None
    whole: bool = True

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        found = self.library.search(query, k=self.k, collection=self.collection, where=self.where)
        hits = () if found.match is False else found.hits
        return [
            Document(
                page_content=text_of(self.library, hit, self.whole),
                metadata=facts(hit),
                id=f"{hit.asset}#{hit.page}",
            )
            for hit in hits
        ]
