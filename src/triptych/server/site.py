"""The page's own files: index.html, scripts, styles and typefaces, as they stand in the package."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

PAGE = Path(__file__).parent / "page"
_SMALL = 1000  # bytes; what is smaller is not worth packing


class Site:
    """An ASGI application: packed for the way, and asked after at every visit, so that no script of an older
    release meets a page of a newer one."""

    def __init__(self) -> None:
        self._files = GZipMiddleware(_Files(directory=PAGE, html=True), minimum_size=_SMALL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            raise HTTPException(404)
        await self._files(scope, receive, send)


class _Files(StaticFiles):
    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = "no-cache"
        return answer
