"""Collections: what there is for this caller, and who may read it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from triptych.keys import SCOPES
from triptych.server import listing, reply
from triptych.server.identity import ADMIN, READ, Identity, access
from triptych.server.schemas import CollectionList, CollectionName, Visibility
from triptych.server.state import Here, Who

router = APIRouter(prefix="/v1/collections", tags=["collections"])


@router.get(
    "",
    openapi_extra=access(READ),
    response_model=CollectionList,
    responses=reply.failures(),
    summary="The collections that this key may see",
)
async def list_collections(here: Here, who: Who) -> Response:
    def look() -> dict[str, Any]:
        scope = here.scope(who)
        found = listing.collections(here.library.catalog, scope)
        told = [
            {"name": name, **counts, "public": who.access.is_public(name), "scope": _scope(who, name)}
            for name, counts in found.items()
        ]
        return {
            "collections": told,
            "assets": sum(counts["assets"] for counts in found.values()),
            "pages": sum(counts["pages"] for counts in found.values()),
            "signals": ["keyword", *here.library.encoders.spaces],
            "writable": who.anywhere("write"),
            "who": who.key.name if who.key is not None else who.name,
        }

    return reply.as_json(await here.work(look))


def _scope(who: Identity, name: str) -> str:
    return next(scope for scope in reversed(SCOPES) if who.may(scope, name))


@router.put(
    "/{name}",
    status_code=204,
    openapi_extra=access(ADMIN) | reply.body(Visibility),
    responses=reply.failures(404, 415),
    summary="Make a collection public, or private",
)
async def publish(
    request: Request,
    here: Here,
    who: Who,
    name: Annotated[CollectionName, Path(description="Of a collection.")],
) -> Response:
    asked = await reply.parsed(request, Visibility)
    await here.work(here.access.publish, name, asked.public)
    here.note(who, "publish" if asked.public else "hide", collection=name)
    return Response(status_code=204)
