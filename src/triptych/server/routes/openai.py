"""The OpenAI-compatible routes: models, chat completions, embeddings; and rerank as Cohere and Jina have it."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from triptych.dialogue import events
from triptych.dialogue.stopping import Stop
from triptych.querylog import Asked
from triptych.seams import Reranker
from triptych.server import compatible, reply
from triptych.server.answers import attended, begun
from triptych.server.compatible import EVERYTHING, Links
from triptych.server.identity import READ, Identity, access
from triptych.server.problems import Problem
from triptych.server.routes.ask import answering, whole
from triptych.server.schemas import (
    ChatRequest,
    Completion,
    EmbeddingRequest,
    Embeddings,
    ModelList,
    ModelModel,
    Reranked,
    RerankRequest,
)
from triptych.server.state import Here, State, Who

router = APIRouter(prefix="/v1", tags=["openai"])


@router.get(
    "/models",
    openapi_extra=access(READ),
    response_model=ModelList,
    responses=reply.failures(),
    summary="Models: the collections",
)
async def models(here: Here, who: Who) -> Response:
    """A model for each collection that this key may see, and `triptych` for all of them together."""

    def look() -> list[str]:
        return [EVERYTHING, *who.visible(here.library.catalog.collections())]

    listed = [_model(name) for name in await here.work(look)]
    return reply.as_json({"object": "list", "data": listed})


@router.get(
    "/models/{model:path}",
    openapi_extra=access(READ),
    response_model=ModelModel,
    responses=reply.failures(404),
    summary="One model",
)
async def model(
    here: Here, who: Who, model: Annotated[str, Path(description="`triptych`, or a collection.")]
) -> Response:
    """Whether there is a model of that name for this key."""
    await here.work(_scope, here, who, model)
    return reply.as_json(_model(model))


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "triptych"}


def _scope(here: State, who: Identity, model: str) -> tuple[str, ...] | None:
    return here.scope(who, () if model == EVERYTHING else (model,))


@router.post(
    "/chat/completions",
    openapi_extra=access(READ) | reply.body(ChatRequest),
    response_model=Completion,
    responses=reply.failures(404, 413, 415, 502, 504)
    | {200: reply.stream("A `chat.completion`, or with `stream` events that are `chat.completion.chunk`s.")},
    summary="Answer the last message of a chat",
)
async def chat(request: Request, here: Here, who: Who) -> Response:
    """The last message of the user is answered from the pages of the collection that `model` names. A picture in
    it is looked for. Other settings of OpenAI's API are taken and have no effect."""
    wanted = await reply.parsed(request, ChatRequest)
    asked = compatible.asked(wanted.messages)
    made, links = f"chatcmpl-{secrets.token_hex(12)}", Links(str(request.base_url))
    scope = await here.work(_scope, here, who, wanted.model)
    picture = None if asked.picture is None else await here.search(here.see, asked.picture)

    request_id = request.state.request_id

    def told(stop: Stop) -> Iterator[events.Event]:
        for event in answering(here, asked.text, scope, request_id, stop, None, asked.turns, picture):
            if isinstance(event, events.Done):
                here.queries.answered(event.answer, Asked(who.name, scope))
            yield event

    if not wanted.stream:
        given = await attended(request, here.made(lambda stop: whole(here, who, told(stop))))
        return reply.as_json(compatible.completion(made, wanted.model, given, links))
    usage = bool((wanted.stream_options or {}).get("include_usage"))
    pieces = here.told(lambda stop: compatible.chunks(made, wanted.model, told(stop), links, usage))
    return reply.streamed(await begun(request, pieces), _line, _failed, request_id, last=b"data: [DONE]\n\n")


def _failed(problem: Problem) -> bytes:
    """What goes wrong on the way, as clients of OpenAI understand it."""
    return _line({"error": {"message": problem.detail, "type": problem.code, "code": problem.status}})


def _line(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n\n"


@router.post(
    "/embeddings",
    openapi_extra=access(READ) | reply.body(EmbeddingRequest),
    response_model=Embeddings,
    responses=reply.failures(413, 415),
    summary="Vectors of texts, by the library's text encoder",
)
async def embeddings(request: Request, here: Here) -> Response:
    """Vectors of what is sent, and of nothing else: those of the library's own pages never leave it."""
    wanted = await reply.parsed(request, EmbeddingRequest)
    texts = [wanted.input] if isinstance(wanted.input, str) else wanted.input
    encoder = here.library.encoders.text
    rows = await here.search(encoder.queries if wanted.input_type == "query" else encoder.texts, texts)
    data = [
        {"object": "embedding", "index": n, "embedding": _vector(row, wanted.encoding_format)}
        for n, row in enumerate(rows)
    ]
    tokens = sum(encoder.count(texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return reply.as_json({"object": "list", "model": encoder.space, "data": data, "usage": usage})


def _vector(row: np.ndarray, form: str) -> list[float] | str:
    if form == "base64":
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    return [float(v) for v in row]


@router.post(
    "/rerank",
    openapi_extra=access(READ) | reply.body(RerankRequest),
    response_model=Reranked,
    responses=reply.failures(413, 415),
    summary="Order texts by how well they answer a question",
)
async def rerank(request: Request, here: Here) -> Response:
    """By the reranking model of the library where one is set, else by its text encoder; `model` says which."""
    wanted = await reply.parsed(request, RerankRequest)
    name, scores = await here.search(_scores, here, wanted.query, wanted.documents)
    order = np.argsort(-scores, kind="stable")[: wanted.top_n or len(scores)]
    results = [
        {
            "index": int(i),
            "relevance_score": round(float(scores[i]), 6),
            **({"document": {"text": wanted.documents[i]}} if wanted.return_documents else {}),
        }
        for i in order
    ]
    return reply.as_json({"id": f"rerank-{secrets.token_hex(8)}", "model": name, "results": results})


def _scores(here: State, query: str, documents: list[str]) -> tuple[str, np.ndarray]:
    reranking = here.library.reranking
    if reranking is not None and isinstance(reranking.model, Reranker):  # one that only looks reads no texts
        return reranking.model.name, reranking.model.scores(query, documents)
    encoder = here.library.encoders.text
    return encoder.space, encoder.texts(documents) @ encoder.queries([query])[0]
