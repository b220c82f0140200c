"""Replies: JSON without a second look at it, events as they come, and what OpenAPI says of both."""

from __future__ import annotations

import errno
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar

from fastapi import Request
from fastapi.sse import EventSourceResponse, format_sse_event
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from triptych.server import problems
from triptych.server.problems import MEDIA_TYPE, Problem

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

Event = tuple[str, Mapping[str, Any]]  # name, data

_TOLD = {
    400: "Not HTTP as it should be.",
    401: "A valid key is needed.",
    403: "This key may not do that.",
    404: "Absent, or not to be seen by this key.",
    408: "The request came too slowly.",
    413: "The request is too large.",
    414: "The address is too long.",
    421: "The server does not answer to that name.",
    431: "The headers are too large.",
    415: "Another kind of body is needed.",
    422: "Not understood; the sentence says which field.",
    429: "Too many requests, or too many uploads that wait.",
    502: "The model that should answer gave no whole answer; `evidence` has the pages that were found.",
    503: "Busy, or the library cannot be used now.",
    504: "The model that should answer was silent for too long; `evidence` has the pages that were found.",
}


def failures(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The problems of a route, for OpenAPI."""
    every = sorted({401, 403, 408, 414, 421, 422, 429, 431, 503, *codes})
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemModel"}}}
    return {code: {"description": _TOLD[code], "content": content} for code in every}


def stream(told: str) -> dict[str, Any]:
    """Server-sent events as an answer, for OpenAPI."""
    event = {
        "type": "object",
        "required": ["data"],
        "properties": {
            "event": {"type": "string"},
            "data": {"type": "string", "contentMediaType": "application/json"},
        },
    }
    return {"description": told, "content": {"text/event-stream": {"itemSchema": event}}}


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON of what the library gave. Surrogates, which no UTF-8 can hold, become question marks."""
    return of_json(encoded(value), status, headers)


def of_json(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """As `as_json`, of what is encoded already."""
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


def events(told: AsyncIterator[Event], request_id: str) -> Response:
    """Server-sent events. An error on the way is told as the event `error`, and ends them."""
    return streamed(
        told,
        lambda one: _event(*one),
        lambda problem: _event("error", problem.to_dict(request_id)),
        request_id,
    )


def streamed(
    told: AsyncIterator[T],
    encode: Callable[[T], bytes],
    failed: Callable[[Problem], bytes],
    request_id: str,
    last: bytes = b"",
) -> Response:
    """What is told, as it comes, and `last`; `failed` says how an error on the way is told, which ends it."""

    async def pieces() -> AsyncIterator[bytes]:
        try:
            async with aclosing(told):  # type: ignore[type-var]
                async for one in told:
                    yield encode(one)
        except Exception as error:  # the answer has begun, so this is its only way out
            problem = problems.of(error)
            problems.note(error, problem, request_id)
            yield failed(problem)
        if last:
            yield last

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Streamed(pieces(), headers=headers)


class Streamed(EventSourceResponse):
    """Ends what is told, too, when nobody hears it any more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self.body_iterator):  # type: ignore[type-var]
            await super().__call__(scope, receive, send)


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace").decode()
    return format_sse_event(data_str=text, event=name)


# ------------------------------------------------------------------------------------------ bodies


def body(model: type[BaseModel], *, picture: bool = False) -> dict[str, Any]:
    """The body of a route for OpenAPI: JSON, and with `picture` also multipart with an image."""
    schema = model.model_json_schema()
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if picture:
        file = {"type": "string", "format": "binary", "description": "A picture to look for."}
        properties = {**schema["properties"], "image": file}
        content["multipart/form-data"] = {"schema": {**schema, "properties": properties}}
    return {"requestBody": {"required": True, "content": content}}


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def parsed(request: Request, model: type[M]) -> M:
    """The JSON body as `model`. Raises Problem."""
    if media_type(request) != "application/json":
        raise Problem(415, "media-type", "The body must be application/json.")
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise invalid(error) from None


@asynccontextmanager
async def form(request: Request, files: int) -> AsyncIterator[FormData]:
    """The multipart body, whose files are gone after the block. Raises Problem."""
    if media_type(request) != "multipart/form-data":
        raise Problem(415, "media-type", "The body must be multipart/form-data.")
    try:
        data = await request.form(max_files=files, max_fields=100, max_part_size=65_536)
    except (HTTPException, MultiPartException) as error:
        told = getattr(error, "detail", None) or getattr(error, "message", "")
        raise Problem(422, "multipart", f"The multipart body cannot be read: {told}") from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Problem(507, "disk-full", "The disk is full; nothing of this request was kept.") from error
    try:
        yield data
    finally:
        await data.close()


def fields(data: FormData, model: type[M], lists: Callable[[str], bool], apart: tuple[str, ...]) -> M:
    """The fields of a form that are no files, as `model`. Raises Problem."""
    raw: dict[str, Any] = {}
    for name in data:
        values = [value for value in data.getlist(name) if isinstance(value, str)]
        if name not in apart and values:
            raw[name] = [v for value in values for v in value.split(",")] if lists(name) else values[-1]
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise invalid(error) from None


def uploaded(data: FormData, name: str) -> list[UploadFile]:
    return [value for value in data.getlist(name) if isinstance(value, UploadFile)]


def invalid(error: ValidationError | Any) -> Problem:
    """What is wrong with the fields, in a sentence, and each of them for programs."""
    found = [
        {"field": ".".join(map(str, entry["loc"])) or "body", "reason": str(entry["msg"])[:200]}
        for entry in error.errors()
    ][:20]
    first = found[0]
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    return Problem(
        422, "not-valid", f"'{first['field'][:80]}' is not right: {first['reason']}{more}.", errors=found
    )
