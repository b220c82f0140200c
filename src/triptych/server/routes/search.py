"""Searching: by words, by a picture, by a page of the library; suggestions while one types."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from triptych.querylog import Asked
from triptych.ranking import alike
from triptych.results import Results
from triptych.server import listing, reply, shaping
from triptych.server.identity import READ, Identity, access
from triptych.server.schemas import (
    Click,
    CollectionName,
    Filter,
    HowMany,
    ResultsModel,
    SearchRequest,
    Suggestions,
)
from triptych.server.state import Here, State, Who

router = APIRouter(prefix="/v1", tags=["search"])

_LISTS = ("collection", "signals")
_SUGGESTIONS = 8
_LINE = 'Words; also "a phrase", -without and field:value.'
_ONLY = "Only these collections."


@router.get(
    "/search",
    openapi_extra=access(READ),
    response_model=ResultsModel,
    responses=reply.failures(404),
    summary="Search by words",
)
async def search_words(
    here: Here,
    who: Who,
    text: Annotated[str, Query(max_length=4000, description=_LINE, examples=["invoice ACME 129.50"])],
    k: HowMany = None,
    collection: Annotated[list[CollectionName], Query(description=_ONLY)] = [],  # noqa: B006  FastAPI copies it
    filter: Filter = None,
    signals: Annotated[
        str | None, Query(max_length=60, description="Only these signals.", examples=["keyword,text"])
    ] = None,
    fusion: Annotated[
        str | None, Query(max_length=40, description="How lists become one: rrf, weighted or learned.")
    ] = None,
    explain: Annotated[bool, Query(description="Say of every hit what each signal says of it.")] = True,
) -> Response:
    """Pages that match best, with the words that say so boxed and, with `explain`, what each signal says."""
    chosen = signals.split(",") if signals else None
    asked = SearchRequest.model_construct(
        text=text, k=k, collection=collection, filter=filter, signals=chosen, fusion=fusion, explain=explain
    )
    return await _answered(here, who, asked, None)


@router.post(
    "/search",
    openapi_extra=access(READ) | reply.body(SearchRequest, picture=True),
    response_model=ResultsModel,
    responses=reply.failures(404, 413, 415),
    summary="Search by words, a picture, or both",
)
async def search(request: Request, here: Here, who: Who) -> Response:
    """As the search by words, with JSON; or as multipart with a picture in the field `image`. With `like`, what
    is like a page of the library."""
    if reply.media_type(request) != "multipart/form-data":
        return await _answered(here, who, await reply.parsed(request, SearchRequest), None)
    async with reply.form(request, files=1) as data:
        asked = reply.fields(data, SearchRequest, _LISTS.__contains__, ("image",))
        sent = reply.uploaded(data, "image")
        picture = await sent[0].read() if sent else None
    return await _answered(here, who, asked, picture)


async def _answered(here: State, who: Identity, asked: SearchRequest, picture: bytes | None) -> Response:
    """By a process beside this one, if there is one; pictures are looked at here."""
    if here.searching.borrowed_tokens:  # somebody else is asking
        here.searchers.start()
    said = None
    if picture is None and here.searchers.processes:
        async with here.turn():
            said = await here.searchers.answer(who.name, asked.model_dump())
    if said is None:
        said = await here.search(_found, here, who, asked, picture)
    return reply.of_json(said)


def _found(here: State, who: Identity, asked: SearchRequest, picture: bytes | None) -> bytes:
    return reply.encoded(shown(here, who, asked, picture))


def shown(here: State, who: Identity, asked: SearchRequest, picture: bytes | None) -> dict[str, Any]:
    """What is found, as it is told. Work for a thread, or a process."""
    found = searched(here, who, asked, picture)
    logged = here.queries.searched(found, Asked(who.name, asked.collection or None, asked.filter))
    return {**shaping.results(here.signer, who, found, explain=asked.explain), "id": logged or None}


def searched(here: State, who: Identity, asked: SearchRequest, picture: bytes | None) -> Results:
    """What the library finds within what they may see. Work for a thread."""
    scope = here.scope(who, asked.collection)
    if scope == ():
        return Results(asked.text, None, ())
    if asked.like is not None:
        return _like(here, who, asked, scope)
    return here.library.search(
        asked.text,
        image=None if picture is None else here.see(picture),
        k=asked.k,
        signals=asked.signals,
        fusion=asked.fusion,
        collection=scope,
        where=asked.filter,
    )


def _like(here: State, who: Identity, asked: SearchRequest, scope: tuple[str, ...] | None) -> Results:
    library = here.library
    assert asked.like is not None
    asset = here.asset(who, asked.like)
    sight = alike.sight_of(library.catalog, asset, asked.page)
    k = asked.k or library.settings.search.k
    found = library.search(image=sight, k=k + 1, collection=scope, where=asked.filter)
    return replace(alike.without(found, asset.sha256, asked.page), image=sight.name)


@router.get(
    "/suggest",
    openapi_extra=access(READ),
    response_model=Suggestions,
    responses=reply.failures(404),
    summary="Titles that fit what was typed so far",
)
async def suggest(
    here: Here,
    who: Who,
    text: Annotated[
        str, Query(min_length=1, max_length=200, description="What was typed.", examples=["inv"])
    ],
    collection: Annotated[list[CollectionName], Query(description=_ONLY)] = [],  # noqa: B006
) -> Response:
    def look() -> list[str]:
        return listing.titles(here.library.catalog, here.scope(who, collection), text, _SUGGESTIONS)

    return reply.as_json({"suggestions": await here.work(look)})


@router.post(
    "/clicks",
    status_code=204,
    openapi_extra=access(READ) | reply.body(Click),
    responses=reply.failures(404, 415),
    summary="Say that a hit was opened, or whether it is right",
)
async def click(request: Request, here: Here, who: Who) -> Response:
    """For the query log: `id` is that of the search or answer. With the log off, nothing is kept."""
    said = await reply.parsed(request, Click)
    await here.work(here.asset, who, said.asset)
    await here.work(here.queries.clicked, said.id, said.asset, said.page, said.verdict, who.name)
    return Response(status_code=204)
