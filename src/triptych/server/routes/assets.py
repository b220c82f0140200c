"""Assets: uploading, listing, looking at, deleting; and pictures of their pages."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import FileResponse, Response

from triptych.errors import UserError
from triptych.server import listing, quality, reply, shaping
from triptych.server.identity import PICTURE, READ, WRITE, Identity, access
from triptych.server.job import DONE
from triptych.server.pictures import boxes_of, side_of
from triptych.server.problems import Problem, absent, unauthorized
from triptych.server.ranges import part_of
from triptych.server.schemas import (
    AssetDetail,
    AssetPage,
    CollectionName,
    Filter,
    JobModel,
    PageModel,
    Sha256,
)
from triptych.server.state import Here, State, Who
from triptych.server.uploads import Upload

router = APIRouter(prefix="/v1/assets", tags=["assets"])

Id = Annotated[Sha256, Path(description="SHA-256 of the file.")]
Number = Annotated[int, Path(ge=1, le=1_000_000, description="Page, from 1.")]
Within = Annotated[CollectionName | None, Query(description="Where the same file is in several collections.")]
_TAGS = 50
_DELETING = 10.0  # seconds that a deletion is waited for
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "collection": {"type": "string", "default": "default", "maxLength": 100},
                        "tag": {"type": "array", "items": {"type": "string", "examples": ["year=2024"]}},
                    },
                }
            }
        },
    }
}


@router.post(
    "",
    status_code=202,
    openapi_extra=access(WRITE) | _UPLOAD,
    response_model=JobModel,
    responses=reply.failures(404, 408, 413, 415),
    summary="Upload files",
)
async def upload(request: Request, here: Here, who: Who) -> Response:
    """Takes files, and answers with the job that adds them. What was accepted is added, also when the server is
    stopped meanwhile. A file whose name another one has is kept as `name (2)`."""
    here.jobs.check()
    async with reply.form(request, here.settings.upload_files) as data:
        sent = [(file.filename or "unnamed", file.file) for file in reply.uploaded(data, "file")]
        collection = _collection(data.get("collection"))
        here.demand(who, "write", collection)
        if not sent:
            raise Problem(422, "no-file", "There is no file in the field 'file'. Send at least one.")
        tags = _tags([value for value in data.getlist("tag") if isinstance(value, str)])
        kept: Upload = await here.work(here.keep, sent, collection, who.name, tags)
    job = here.jobs.add(kept)
    here.note(who, "upload", collection=collection, job=job.id, files=len(kept.names))
    return reply.as_json(_linked(job.to_dict()), 202, {"Location": f"/v1/jobs/{job.id}"})


@router.get(
    "",
    openapi_extra=access(READ),
    response_model=AssetPage,
    responses=reply.failures(404),
    summary="List files, the newest first",
)
async def list_assets(
    here: Here,
    who: Who,
    collection: Annotated[list[CollectionName], Query(description="Only these collections.")] = [],  # noqa: B006
    filter: Filter = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at once.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=1000, description="`next` of the list before: what comes after it.")
    ] = None,
) -> Response:
    def look() -> dict[str, Any]:
        found = listing.assets(here.library.catalog, here.scope(who, collection), filter, limit, cursor)
        told = [shaping.asset(here.signer, who, asset) for asset in found.assets]
        return {"assets": told, "total": found.total, "next": found.next}

    return reply.as_json(await here.work(look))


@router.get(
    "/{asset}",
    openapi_extra=access(READ),
    response_model=AssetDetail,
    responses=reply.failures(404),
    summary="What is known of a file",
)
async def show(here: Here, who: Who, asset: Id, collection: Within = None) -> Response:
    def look() -> dict[str, Any]:
        there = here.asset(who, asset, collection)
        known = here.library.show(there.sha256, collection=there.collection)
        return {
            **shaping.asset(here.signer, who, there),
            "pipeline": known["pipeline"],
            "meta": known["meta"],
            "quality": quality.of(here.library.catalog, there.sha256, there.collection),
            "page_list": known["pages"],
        }

    return reply.as_json(await here.work(look))


@router.delete(
    "/{asset}",
    status_code=204,
    openapi_extra=access(WRITE),
    responses=reply.failures(404)
    | {202: {"model": JobModel, "description": "It waits for its turn; the job tells when it is done."}},
    summary="Delete a file, with all that is its",
)
async def delete(here: Here, who: Who, asset: Id, collection: Within = None) -> Response:
    there = await here.work(here.asset, who, asset, collection)
    here.demand(who, "write", there.collection)
    job = here.jobs.remove(there.sha256, there.sources[0], there.collection, who.name)
    here.note(who, "delete", collection=there.collection, asset=there.sha256)
    if await here.jobs.finished(job, _DELETING) and job.state == DONE:
        return Response(status_code=204)
    return reply.as_json(_linked(job.to_dict()), 202, {"Location": f"/v1/jobs/{job.id}"})


@router.get(
    "/{asset}/original",
    openapi_extra=access(READ),
    response_class=FileResponse,
    responses=reply.failures(404) | {200: {"content": {"application/octet-stream": {}}}},
    summary="The file itself, to be saved",
)
async def original(here: Here, who: Who, asset: Id, collection: Within = None) -> Response:
    there = await here.work(here.asset, who, asset, collection)
    path = await here.work(here.library.blobs.local, there.sha256)
    name = there.sources[0].rpartition("/")[2]
    # Never opened inside the browser: it is foreign, and may be a page with scripts.
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store"}
    return FileResponse(path, 200, headers, "application/octet-stream", filename=name)


@router.get(
    "/{asset}/pages/{page}.webp",
    openapi_extra=access(PICTURE),
    response_class=Response,
    responses=reply.failures(404)
    | {
        200: {"content": {"image/webp": {}}},
        206: {"description": "A part of it.", "content": {"image/webp": {}}},
        304: {"description": "It is what you have."},
        416: {"description": "There is no such part."},
    },
    summary="A page as a picture, with boxes",
)
async def picture(
    request: Request,
    here: Here,
    who: Who,
    asset: Id,
    page: Number,
    collection: Within = None,
    width: Annotated[
        int, Query(ge=1, le=4000, description="Of the longer side; a few sizes are made.")
    ] = 960,
    boxes: Annotated[
        str,
        Query(
            max_length=8000,
            description="Boxes to draw: x0,y0,x1,y1;x0,y0,x1,y1",
            examples=["0.61,0.8,0.74,0.82"],
        ),
    ] = "",
    key: Annotated[str | None, Query(max_length=40, description="Of a signed address.")] = None,
    expires: Annotated[str | None, Query(max_length=20, description="Of a signed address.")] = None,
    signature: Annotated[str | None, Query(max_length=100, description="Of a signed address.")] = None,
) -> Response:
    """WebP with ETag and ranges. Send a key, or use an address that the API gave: it is signed for this picture
    and good for 15 minutes at most."""
    viewer = _viewer(request, here, who) if signature is not None else who
    if not viewer.anywhere("read"):
        raise unauthorized()
    there = await here.work(here.asset, viewer, asset, collection)
    marked = boxes_of(boxes)
    tag = here.pictures.tag(there, page, side_of(width), marked)
    headers = {"ETag": tag, "Cache-Control": "private, max-age=900", "Accept-Ranges": "bytes"}
    if tag in request.headers.get("if-none-match", "") or request.headers.get("if-none-match") == "*":
        return Response(status_code=304, headers=headers)
    drawn = await here.work(here.pictures.webp, there, page, side_of(width), marked)
    return part_of(drawn, "image/webp", headers, request.headers)


@router.get(
    "/{asset}/pages/{page}",
    openapi_extra=access(READ),
    response_model=PageModel,
    responses=reply.failures(404),
    summary="The text of a page, and where each word stands",
)
async def page_text(here: Here, who: Who, asset: Id, page: Number, collection: Within = None) -> Response:
    def look() -> dict[str, Any]:
        there = here.asset(who, asset, collection)
        try:
            known = here.library.show(there.sha256, page=page, collection=there.collection)
        except UserError:
            raise absent("page") from None
        drawn = known["pages"][0]["width"] > 0
        shown = shaping.pictures(here.signer, who, there.sha256, page, there.collection) if drawn else None
        return {"asset": there.sha256, "collection": there.collection, **known["pages"][0], "pictures": shown}

    return reply.as_json(await here.work(look))


def _viewer(request: Request, here: State, who: Identity) -> Identity:
    """For whom the address was signed, or who asks with a key of their own."""
    if who.key is not None or who.owner:
        return who
    signed = here.signer.who(request.url.path, dict(request.query_params))
    if signed is None:
        raise Problem(403, "signature", "This address is not valid, or not any more. Ask for the page again.")
    return signed


def _collection(sent: object) -> str:
    name = sent.strip() if isinstance(sent, str) and sent.strip() else "default"
    if len(name) > 100 or not name.isprintable():
        raise Problem(422, "not-valid", "'collection' is not right: a name of 1 to 100 printable characters.")
    return name


def _tags(sent: list[str]) -> dict[str, str]:
    tags = {}
    for text in sent[:_TAGS]:
        name, mark, value = text.partition("=")
        if not mark or not name.strip():
            raise Problem(422, "not-valid", "A tag is not right: it must be NAME=VALUE, like year=2024.")
        tags[name.strip()[:100]] = value.strip()[:500]
    return tags


def _linked(told: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/jobs/{told['job']}"
    return {**told, "links": {"self": path, "events": f"{path}/events"}}
