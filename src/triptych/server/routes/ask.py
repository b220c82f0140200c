"""Asking: an answer with its citations, as events while it comes, or whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from triptych import events
from triptych.querylog import Asked
from triptych.server import reply, shaping
from triptych.server.identity import READ, Identity, access
from triptych.server.problems import Problem
from triptych.server.reply import Event
from triptych.server.schemas import AnswerModel, AskRequest
from triptych.server.state import Here, State, Who
from triptych.types import Answer

router = APIRouter(prefix="/v1", tags=["ask"])

_EVENTS = "`retrieval` (hits), `token` (text), `citation`, `done` (the whole answer), `error` (a problem)"


@router.post(
    "/ask",
    openapi_extra=access(READ) | reply.body(AskRequest),
    response_model=AnswerModel,
    responses=reply.failures(404, 415)
    | {200: {"content": {"text/event-stream": {"schema": {"type": "string", "description": _EVENTS}}}}},
    summary="Answer a question from the pages",
)
async def ask(request: Request, here: Here, who: Who) -> Response:
    """Server-sent events `retrieval`, `token`, `citation`, `done` or `error`, each with JSON as data. With
    `Accept: application/json` the whole answer at once."""
    asked = await reply.parsed(request, AskRequest)
    if "application/json" in request.headers.get("accept", ""):
        whole = await here.search(lambda: logged(here, who, asked, answered(here, who, asked)))
        return reply.as_json(whole)
    told = await here.search(lambda: _begun(_told(here, who, asked, request.state.request_id)))
    return reply.events(reply.from_thread(told), request.state.request_id)


def asked_events(here: State, who: Identity, asked: AskRequest) -> Iterator[events.Event]:
    """What the library answers within what they may see, as it happens. Work for threads."""
    scope = here.scope(who, asked.collection)
    if scope == ():
        nothing = Answer(asked.question, "There is nothing here that could answer this.", abstained=True)
        return iter((events.Retrieval(asked.question, ()), events.Token(nothing.text), events.Done(nothing)))
    return here.library.ask_events(asked.question, collection=scope, where=asked.filter)


def answered(here: State, who: Identity, asked: AskRequest) -> Answer:
    """The whole answer. Raises Problem when the model gave none."""
    [last] = deque(asked_events(here, who, asked), maxlen=1)
    if not isinstance(last, events.Done):
        raise _failed()
    return last.answer


def _told(here: State, who: Identity, asked: AskRequest, request_id: str) -> Iterator[Event]:
    """The events of an answer as they go out."""
    for event in asked_events(here, who, asked):
        if isinstance(event, events.Retrieval):
            hits = [shaping.hit(here.signer, who, hit) for hit in event.hits]
            yield event.name, {**event.to_dict(), "hits": hits}
        elif isinstance(event, events.Done):
            yield event.name, logged(here, who, asked, event.answer)
        elif isinstance(event, events.Failed):
            yield event.name, _failed().to_dict(request_id)
        else:
            yield event.name, event.to_dict()


def logged(here: State, who: Identity, asked: AskRequest, given: Answer) -> dict[str, Any]:
    """An answer as it goes out, noted in the query log."""
    made = here.queries.answered(given, Asked(who.name, asked.collection or None, asked.filter))
    return {**shaping.answer(here.signer, who, given), "id": made or None}


def _failed() -> Problem:
    return Problem(
        502, "model", "The model that should answer failed, so there is no whole answer. Try again."
    )


def _begun(told: Iterator[Event]) -> Iterator[Event]:
    """The same events, of which the first is there: what goes wrong before it is a problem, not an event."""
    first = next(told)

    def go_on() -> Iterator[Event]:
        yield first
        yield from told

    return go_on()
