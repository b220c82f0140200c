"""Problems: every error as RFC 9457 `application/problem+json` with one clear sentence, and no more than that.

No traceback, path, key or text of a document ever stands in one; what was not foreseen is told by its request id
only, which the log explains.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from triptych.errors import (
    FileError,
    LibraryError,
    Locked,
    MissingPackage,
    ModelError,
    TriptychError,
    UserError,
    VlmError,
)

_log = logging.getLogger("triptych.server")

_OPENAI = ("/v1/chat/", "/v1/models", "/v1/embeddings")
MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """What is answered in place of what was asked for."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        title: str = "",
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.title = title or HTTPStatus(status).phrase
        self.status = status
        self.code = code
        self.detail = " ".join(detail.split())[:500]
        self.headers = dict(headers or {})
        self.more = more

    def to_dict(self, request_id: str) -> dict[str, Any]:
        return {
            "type": f"urn:triptych:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:request:{request_id}",
            **self.more,
        }

    def response(self, request_id: str, path: str = "") -> Response:
        """The problem as an answer; where clients of OpenAI's API ask, also in the place where these look."""
        told = self.to_dict(request_id)
        if path.startswith(_OPENAI):
            told["error"] = {"message": self.detail, "type": self.code, "param": None, "code": self.code}
        body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
        return Response(body, self.status, {**self.headers, "Cache-Control": "no-store"}, MEDIA_TYPE)


def absent(what: str) -> Problem:
    """Forbidden and absent give the same answer, so that nobody learns by asking what there is."""
    return Problem(404, "not-found", f"There is no such {what} here, or this key may not see it.")


def unauthorized() -> Problem:
    """Missing, unknown, expired and revoked keys give the same answer."""
    return Problem(
        401,
        "key-needed",
        "A valid key is needed: send 'Authorization: Bearer KEY'. Keys are made with: triptych keys add",
        {"WWW-Authenticate": 'Bearer realm="triptych"'},
    )


def busy(detail: str, seconds: int = 5) -> Problem:
    return Problem(503, "busy", detail, {"Retry-After": str(seconds)})


_TELL = "Tell whoever runs this server; its log says more."
# What may be told of a model that gave no whole answer: status, title, a sentence. Why it did not, with addresses and
# words of its server, is for the log.
_OF_MODEL = {
    "vlm-away": (502, "Model away", "The model that should answer cannot be reached. Try again later."),
    "vlm-timeout": (504, "Model silent", "The model that should answer said nothing for too long. Ask again later."),
    "vlm-key": (502, "Model locked", f"The model that should answer does not accept this server's key. {_TELL}"),
    "vlm-unknown-model": (502, "Model unknown", f"The model that should answer is not there. {_TELL}"),
    "vlm-context": (502, "Too long for the model", "The question and the pages that were found are more than the model takes. Ask a narrower question."),
    "vlm-no-pictures": (502, "Too many pictures for the model", "The model takes fewer pictures than it was sent. Ask again."),
    "vlm-busy": (503, "Model busy", "The model that should answer has too much to do, or its account is used up. Try again later."),
    "vlm-request": (502, "Model set wrongly", f"The model that should answer did not take the request. {_TELL}"),
    "vlm-server": (502, "Model failed", "The model that should answer failed. Ask again, or try later."),
    "vlm-stream": (502, "Answer broken off", "The model broke its answer off. Ask again."),
    "vlm-memory": (503, "Model out of memory", f"There is too little memory for the model that should answer. {_TELL}"),
    "vlm-refused": (502, "Model refused", "The model refused to answer this. Ask otherwise."),
    "vlm-empty": (502, "Empty answer", "The model gave an empty answer. Ask again, or otherwise."),
    "vlm-cut": (502, "Answer cut off", "The answer of the model was too long and was cut off. Ask for less at once."),
    "vlm-budget": (503, "Budget used up", f"The model was not asked, because its budget is used up. {_TELL}"),
    "vlm-stopped": (503, "Model stopped", "The model was stopped before its answer was whole. Ask again."),
}  # fmt: skip
_WAIT = {"vlm-busy": "30"}  # seconds, by code


def of_model(code: str, **more: Any) -> Problem:
    """A model that gave no whole answer, by the code of its error."""
    status, title, detail = _OF_MODEL.get(
        code, (502, "Model failed", f"The model that should answer failed. {_TELL}")
    )
    headers = {"Retry-After": _WAIT[code]} if code in _WAIT else None
    return Problem(status, code if code in _OF_MODEL else "model", detail, headers, title, **more)


def note(error: Exception, problem: Problem, request_id: str) -> None:
    """What went wrong, for the log only."""
    if problem.status >= 500 and not isinstance(error, Problem):
        known = isinstance(error, TriptychError)
        _log.error("request %s: %s", request_id, error, exc_info=None if known else error)


def of(error: Exception) -> Problem:
    """The problem that an error of ours is."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ClientDisconnect):  # nobody reads this any more; it is no fault of ours
        return Problem(400, "broken-off", "The request broke off before its end.")
    if isinstance(error, FileError):
        return Problem(422, error.code, str(error))
    if isinstance(error, Locked):
        return busy("Another process is writing to this library. Try again in a moment.")
    if isinstance(error, (LibraryError, MissingPackage)):  # their sentences name places on this machine
        return Problem(503, "library", "The library cannot do that now. The server's log says why.")
    if isinstance(error, UserError):
        return Problem(422, "not-understood", str(error))
    if isinstance(error, VlmError):
        return of_model(error.code)
    if isinstance(error, ModelError):
        return Problem(502, "model", "The model that should answer failed. The server's log says why.")
    if isinstance(error, TriptychError):
        return Problem(500, "failed", "That failed. The server's log says why.")
    return Problem(
        500, "unforeseen", "The server met an error that was not foreseen. Its log has the request id."
    )
