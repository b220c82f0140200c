"""Health, and what describes the API."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from triptych.server import reply
from triptych.server.identity import LOCAL, OPEN, access
from triptych.server.reply import as_json
from triptych.server.schemas import Status
from triptych.server.state import Here

router = APIRouter(tags=["system"])


@router.get("/healthz", openapi_extra=access(OPEN), response_model=Status, summary="Whether the server runs")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get(
    "/readyz",
    openapi_extra=access(OPEN),
    response_model=Status,
    summary="Whether the server can answer questions",
    responses={503: {"model": Status, "description": "Not yet, or not any more."}},
)
async def readyz(here: Here) -> Response:
    if here.jobs.stopping or not here.ready():
        return as_json({"status": "not ready"}, 503)
    await here.work(here.library.catalog.last_change)
    return as_json({"status": "ready"})


@router.get(
    "/metrics",
    openapi_extra=access(LOCAL),
    response_class=PlainTextResponse,
    responses=reply.failures() | {200: {"content": {"text/plain": {}}}},
    summary="Figures for Prometheus",
)
async def metrics(here: Here) -> Response:
    """Requests by route and status, their times, what waits, what the library holds. With keys: for admins."""
    told = here.telemetry
    counts = await here.work(here.library.catalog.counts)
    told.assets.set(counts["assets"])
    told.pages.set(counts["pages"])
    told.waiting.set(here.searching.statistics().tasks_waiting)
    told.answers.set(here.answers.places.statistics().tasks_waiting)
    told.searchers.set(len(here.searchers.processes))
    told.jobs.set(here.jobs.waiting)
    return Response(told.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/docs", openapi_extra=access(OPEN), include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """The API for people: one page, without a script."""
    from triptych.server.reference import page

    described: dict[str, Any] = request.app.openapi()
    return HTMLResponse(page(described))


@router.get("/reference.css", openapi_extra=access(OPEN), include_in_schema=False)
async def style() -> Response:
    from triptych.server.reference import STYLE

    return Response(STYLE, media_type="text/css")


@router.get("/openapi.json", openapi_extra=access(OPEN), include_in_schema=False)
async def openapi(request: Request) -> Response:
    return as_json(request.app.openapi())
