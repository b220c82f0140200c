"""Asking: an answer with its citations, as events while it comes, or whole."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from triptych.dialogue import events
from triptych.dialogue.conversation import Turn
from triptych.dialogue.stopping import Stop
from triptych.query.sight import Sight
from triptych.querylog import Asked
from triptych.server import problems, reply, shaping
from triptych.server.answers import attended, begun
from triptych.server.identity import READ, Identity, access
from triptych.server.reply import Event
from triptych.server.schemas import AnswerModel, AskRequest
from triptych.server.state import Here, State, Who
from triptych.types import Answer, Citation

_log = logging.getLogger("triptych.server")

router = APIRouter(prefix="/v1", tags=["ask"])

_PAGES, _QUOTED = 5, 200  # pages that are named for a picture, characters of each
_LISTS = ("collection",)
_EVENTS = (
    "Events: `retrieval` (hits), `token` (text), `citation`, `done` (the whole answer), `error` (a problem)"
)


@router.post(
    "/ask",
    openapi_extra=access(READ) | reply.body(AskRequest, picture=True),
    response_model=AnswerModel,
    responses=reply.failures(404, 413, 415, 502, 504) | {200: reply.stream(_EVENTS)},
    summary="Answer a question from the pages",
)
async def ask(request: Request, here: Here, who: Who) -> Response:
    """Server-sent events `retrieval`, `token`, `citation`, `done` or `error`, each with JSON as data. With
    `Accept: application/json` the whole answer at once."""
    sent = None
    if reply.media_type(request) == "multipart/form-data":
        async with reply.form(request, files=1) as data:
            asked = reply.fields(data, AskRequest, _LISTS.__contains__, ("image",))
            pictures = reply.uploaded(data, "image")
            sent = await pictures[0].read() if pictures else None
    else:
        asked = await reply.parsed(request, AskRequest)
    request_id = request.state.request_id
    if "application/json" in request.headers.get("accept", ""):

        def at_once(stop: Stop) -> dict[str, Any]:
            return logged(here, who, asked, answered(here, who, asked, request_id, stop, sent))

        return reply.as_json(await attended(request, here.made(at_once)))
    told = here.told(
        lambda stop: _told(here, who, asked, asked_events(here, who, asked, request_id, stop, sent))
    )
    return reply.events(await begun(request, told), request_id)


def answered(
    here: State, who: Identity, asked: AskRequest, request_id: str, stop: Stop, sent: bytes | None = None
) -> Answer:
    """The whole answer. Work for a thread. Raises Problem when the model gave none."""
    return whole(here, who, asked_events(here, who, asked, request_id, stop, sent))


def asked_events(
    here: State, who: Identity, asked: AskRequest, request_id: str, stop: Stop, sent: bytes | None
) -> Iterator[events.Event]:
    """What the library answers within what they may see, as it happens."""
    turns = [Turn(question, said) for question, said in asked.turns]
    picture = None if sent is None else here.see(sent)
    scope = here.scope(who, asked.collection)
    return answering(here, asked.question, scope, request_id, stop, asked.filter, turns, picture)


def answering(
    here: State,
    text: str,
    scope: tuple[str, ...] | None,
    request_id: str,
    stop: Stop,
    where: str | None = None,
    turns: Sequence[Turn] = (),
    picture: Sight | None = None,
) -> Iterator[events.Event]:
    """The answer to a question within `scope`, as it happens; to a picture alone, the pages that look like it. Why a
    model gave none is written into the log."""
    for event in _answering(here, text, scope, stop, where, turns, picture):
        if isinstance(event, events.Failed) and event.answer.error and not stop.asked:
            _log.error("request %s: %s: %s", request_id, event.answer.error.code, event.answer.error.reason)
        yield event


def _answering(
    here: State,
    text: str,
    scope: tuple[str, ...] | None,
    stop: Stop,
    where: str | None,
    turns: Sequence[Turn],
    picture: Sight | None,
) -> Iterator[events.Event]:
    if scope == ():
        nothing = Answer(text, "There is nothing here that could answer this.", abstained=True)
        return iter((events.Retrieval(text, ()), events.Token(nothing.text), events.Done(nothing)))
    if picture is not None and not text:
        return _looked_for(here, scope, picture)
    return here.library.ask_events(text, collection=scope, where=where, turns=turns, image=picture, stop=stop)


def whole(here: State, who: Identity, told: Iterator[events.Event]) -> Answer:
    """The answer at the end. Raises Problem, with the pages that were found, when the model gave none."""
    given = events.outcome(told)
    if given.error is not None:
        found = [shaping.hit(here.signer, who, hit) for hit in given.evidence]
        raise problems.of_model(given.error.code, evidence=found)
    return given


def _looked_for(here: State, scope: tuple[str, ...] | None, picture: Sight) -> Iterator[events.Event]:
    found = here.library.search(image=picture, collection=scope)
    yield events.Retrieval("", found.hits, found.seconds)
    near = found.hits[:_PAGES] if found.match is not False else ()
    citations = tuple(
        Citation(n, hit.asset, hit.source, hit.page, hit.snippet[:_QUOTED], hit.boxes, verified=True)
        for n, hit in enumerate(near, 1)
    )
    listed = "; ".join(f"{c.source}, page {c.page} [{c.n}]" for c in citations)
    said = f"The nearest pages: {listed}." if citations else "Nothing here looks like this picture."
    yield events.Token(said)
    yield from map(events.Cited, citations)
    given = Answer("", said, abstained=not citations, citations=citations, evidence=found.hits)
    yield events.Done(replace(given, seconds=found.seconds))


def _told(
    here: State, who: Identity, asked: AskRequest, told: Iterator[events.Event]
) -> Generator[Event, None, None]:
    """The events of an answer as they go out. Raises Problem when the model gave none."""
    for event in told:
        if isinstance(event, events.Retrieval):
            hits = [shaping.hit(here.signer, who, hit) for hit in event.hits]
            yield event.name, {**event.to_dict(), "hits": hits}
        elif isinstance(event, events.Done):
            yield event.name, logged(here, who, asked, event.answer)
        elif isinstance(event, events.Failed):
            assert event.answer.error is not None
            raise problems.of_model(event.answer.error.code)
        else:
            yield event.name, event.to_dict()


def logged(here: State, who: Identity, asked: AskRequest, given: Answer) -> dict[str, Any]:
    """An answer as it goes out, noted in the query log."""
    made = here.queries.answered(given, Asked(who.name, asked.collection or None, asked.filter))
    return {**shaping.answer(here.signer, who, given), "id": made or None}
