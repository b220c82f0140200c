"""Retrievers of other frameworks: what their contracts ask for."""

from __future__ import annotations

import asyncio
import json

import pytest

from triptych.library import Library

QUESTION = "total on invoice INV-1042"


def test_langchain(library: Library) -> None:
    pytest.importorskip(
        "langchain_core", reason="langchain-core is not installed: pip install 'triptych[langchain]'"
    )
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnableLambda

    from triptych.retrievers.langchain import TriptychRetriever

    retriever = TriptychRetriever(library=library, k=2, collection="default")
    assert isinstance(retriever, BaseRetriever)
    found = retriever.invoke(QUESTION)
    assert len(found) == 2 and "129.50" in found[0].page_content
    assert found[0].metadata["page"] == 1 and found[0].metadata["source"].endswith("invoice-1042.pdf")
    assert found[0].id == f"{found[0].metadata['asset']}#1" and json.dumps(found[0].metadata)
    assert [d.id for d in asyncio.run(retriever.ainvoke(QUESTION))] == [d.id for d in found]
    assert [len(batch) for batch in retriever.batch([QUESTION, "boat"])] == [2, 2]
    assert (retriever | RunnableLambda(len)).invoke(QUESTION) == 2
    snippet = TriptychRetriever(library=library, k=1, whole=False).invoke(QUESTION)[0].page_content
    assert 0 < len(snippet) < len(found[0].page_content)


def test_llama_index(library: Library) -> None:
    pytest.importorskip(
        "llama_index.core", reason="llama-index-core is not installed: pip install 'triptych[llama_index]'"
    )
    from llama_index.core.base.base_retriever import BaseRetriever

    from triptych.retrievers.llama_index import TriptychRetriever

    retriever = TriptychRetriever(library, k=2)
    assert isinstance(retriever, BaseRetriever)
    found = retriever.retrieve(QUESTION)
    assert len(found) == 2 and "129.50" in found[0].get_content()
    assert found[0].score is not None and found[0].score >= (found[1].score or 0)
    assert found[0].node.metadata["boxes"] and json.dumps(found[0].node.metadata)
    assert [n.node_id for n in asyncio.run(retriever.aretrieve(QUESTION))] == [n.node_id for n in found]
