"""The application: all routes, the guard around them, the page, and what must be begun and ended with it.

create_app(library, settings) -> FastAPI        the library stays the caller's: who opened it closes it
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from mcp.server.mcpserver import Context
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp
from mcp.server.transport_security import TransportSecuritySettings
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from triptych import __version__
from triptych.errors import TriptychError
from triptych.journal import FOLDER, Journal
from triptych.keys import Access
from triptych.library import Library
from triptych.processes.workers import Workers
from triptych.querylog import QueryLog
from triptych.server import examples, problems, reply, tools
from triptych.server.answers import Answers
from triptych.server.guard import Guard
from triptych.server.identity import CLASSES, FIELD, READ, Identity, admit
from triptych.server.jobs import Jobs
from triptych.server.pictures import PagePictures
from triptych.server.problems import Problem
from triptych.server.routes import ask, assets, collections, jobs, openai, search, system
from triptych.server.schemas import ProblemModel
from triptych.server.searchers import Searchers
from triptych.server.signing import Signer
from triptych.server.site import Site
from triptych.server.state import State, threads
from triptych.server.telemetry import Telemetry
from triptych.server.uploads import Uploads
from triptych.settings import ServerSettings

MCP = "/mcp"
_THREADS = 40  # that look things up, draw and write
_DRAIN = 8.0  # seconds that the work in hand may take at the end
_ROUTES = (system, search, ask, assets, jobs, collections, openai)
_SUBJECTS = {
    "system": "Whether it runs, and figures for machines.",
    "search": "Finding pages by words, a picture, or both.",
    "ask": "Answers from the pages, with the place where they stand.",
    "assets": "Files: uploading, listing, looking at their pages, deleting.",
    "jobs": "How far an upload is.",
    "collections": "What there is, and who may read it.",
    "openai": "For programs that were written for OpenAI's API; rerank as Cohere and Jina have it.",
}
_DESCRIPTION = (
    "Find and ask scans, forms, reports, charts, screenshots, photos and notes; every hit and every answer says "
    "where on the page it stands. Errors are RFC 9457 problems with one sentence in `detail`."
)


def create_app(library: Library, settings: ServerSettings | None = None) -> FastAPI:
    """The server of one library. Its routes run in threads; the event loop only carries."""
    settings = settings or library.settings.server
    app = FastAPI(
        title="Triptych",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        openapi_tags=[{"name": name, "description": told} for name, told in _SUBJECTS.items()],
        generate_unique_id_function=lambda route: "_".join([*map(str, route.tags), route.name]),
        redirect_slashes=False,
        lifespan=_life,
        dependencies=[Depends(_admitted)],
    )
    app.state.triptych = make_state(library, settings)
    for module in _ROUTES:
        app.include_router(module.router)
    for error in (Problem, TriptychError, HTTPException, RequestValidationError):
        app.add_exception_handler(error, _answered)
    state: State = app.state.triptych
    app.add_middleware(Guard, access=state.access, settings=settings, told=state.answered)
    _describe(app)
    _add_tools(app)
    app.router.default = Site()  # for what meets no route, so that it hides no method of one
    return app


def _add_tools(app: FastAPI) -> None:
    """The Model Context Protocol under /mcp. Every request stands for itself, with the key it brings."""
    offered = tools.tools(app.state.triptych, _caller)
    # Hosts and origins are checked by the guard, for all of the application.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    offered.streamable_http_app(stateless_http=True, json_response=True, transport_security=security)
    app.state.mcp = offered.session_manager
    app.router.routes.append(Route(MCP, Admitted(StreamableHTTPASGIApp(offered.session_manager), READ)))


def _caller(context: Context[Any, Any]) -> Identity:
    request = context.request_context.request
    assert request is not None, "over HTTP there is one"
    who: Identity = request.state.who
    return who


class Admitted:
    """An ASGI application that is no route of ours, with its access class."""

    def __init__(self, app: ASGIApp, needed: str) -> None:
        self._app = app
        self.needed = needed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        admit(scope["state"]["who"], self.needed)
        await self._app(scope, receive, send)


def make_state(library: Library, settings: ServerSettings) -> State:
    """What the routes and the tools share; nothing of it runs yet."""
    access = Access(library.folder)
    uploads = Uploads(library.folder)
    workers = Workers(library.settings, count=1, side=_side(library))
    return State(
        library=library,
        access=access,
        settings=settings,
        jobs=Jobs(library, uploads, settings.jobs),
        uploads=uploads,
        pictures=PagePictures(library.catalog, library.blobs, workers),
        workers=workers,
        signer=Signer(access),
        audit=Journal(library.folder / FOLDER, "audit", library.settings.log.days),
        queries=QueryLog(library.folder, library.settings.log),
        telemetry=Telemetry(),
        searching=CapacityLimiter(threads(settings)),
        answers=Answers(settings),
        searchers=Searchers(library),
    )


def _side(library: Library) -> int:
    image = library.encoders.image
    return 0 if image is None else image.side


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """Load what a first question would wait for; at the end, finish the part in hand and keep the rest."""
    state: State = app.state.triptych
    to_thread.current_default_thread_limiter().total_tokens = _THREADS
    await state.work(_load, state.library)
    state.jobs.start()
    try:
        async with app.state.mcp.run():
            yield
    finally:
        await state.answers.close()
        await state.work(state.jobs.stop, _DRAIN)
        await state.work(state.workers.close)
        await state.searchers.close()


def _load(library: Library) -> None:
    """Everything that is made when it is first needed."""
    library.signals()
    _ = library.reranking, library.floors
    library.encoders.text.queries(["a first question"])


def _admitted(request: Request) -> None:
    """Every route passes here: the class it declares, or none is let in."""
    route = request.scope["route"]
    needed = (getattr(route, "openapi_extra", None) or {}).get(FIELD)
    who: Identity = request.state.who
    if needed not in CLASSES:
        raise Problem(500, "unclassified", "This route does not say who may use it.")
    admit(who, needed)


async def _answered(request: Request, error: Exception) -> Response:
    """An error of ours, of the router or of the fields, as a problem."""
    request_id = request.state.request_id
    if isinstance(error, RequestValidationError):
        problem = reply.invalid(error)
    elif isinstance(error, HTTPException):
        problem = _of_router(request, error)
    else:
        problem = problems.of(error)
        problems.note(error, problem, request_id)
    return problem.response(request_id, request.url.path)


def _of_router(request: Request, error: HTTPException) -> Problem:
    if error.status_code == 404:
        return Problem(
            404, "not-found", "There is nothing at this address. The API is described under /docs."
        )
    if error.status_code == 405:
        allowed = ", ".join(_methods(request))
        return Problem(
            405, "method", f"{request.method} is not possible here, only: {allowed}.", {"Allow": allowed}
        )
    return Problem(error.status_code, "http", str(error.detail), error.headers)


def _methods(request: Request) -> list[str]:
    """What is possible at this address, by any route of it."""
    methods = ("GET", "POST", "PUT", "DELETE")
    routes = request.app.router.routes
    there = [
        m for m in methods if any(r.matches({**request.scope, "method": m})[0] is Match.FULL for r in routes)
    ]
    return [*there, "HEAD"] if "GET" in there else there


def _describe(app: FastAPI) -> None:
    """OpenAPI with problems, keys and access classes."""
    make = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = make()
            parts = schema.setdefault("components", {})
            parts.setdefault("schemas", {})["ProblemModel"] = ProblemModel.model_json_schema()
            parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            schema["security"] = [{"key": []}, {}]
            examples.add(schema)
            parts["schemas"].pop("HTTPValidationError", None)
            parts["schemas"].pop("ValidationError", None)
        return app.openapi_schema or {}

    app.openapi = described  # type: ignore[method-assign]
