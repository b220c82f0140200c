"""A reranker on another machine: `/v1/rerank` as Jina, Cohere, vLLM and TEI speak it, `http:MODEL@URL`.

The request is `{"model", "query", "documents", "top_n"}`, the answer `{"results": [{"index", "relevance_score"}]}`.
TEI's own form (`{"query", "texts"}` to `/rerank`, a list of `{"index", "score"}` back) is spoken where the URL ends
in `/rerank` without `/v1`. The key comes from $TRIPTYCH_RERANK_KEY only.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import numpy as np

from triptych.errors import ModelError, UserError
from triptych.seams import Reranker

KEY = "TRIPTYCH_RERANK_KEY"
SECONDS = 30.0  # that an answer may take
_LARGEST = 10_000_000  # bytes of an answer
_WAY = 'Write rerank.model = "http:MODEL@URL", like http:bge-reranker-v2-m3@http://localhost:8000/v1'


def load(argument: str = "", *, timeout: float = SECONDS) -> Reranker:
    """`argument` is `MODEL@URL`; the URL ends in `/v1`, in `/v1/rerank`, or for TEI in `/rerank`.

    Raises UserError when it is neither.
    """
    model, _, url = argument.partition("@")
    parts = urlsplit(url)
    if not model or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(f"'http:{argument}' names no remote reranker. {_WAY}")
    if parts.username or parts.password:
        raise UserError(f"The URL of a reranker holds no key or password. Put it into ${KEY}.")
    address = url.rstrip("/")
    return Remote(model, address if address.endswith("/rerank") else f"{address}/rerank", timeout)


class Remote:
    """Passages over the wire, a number for each back."""

    def __init__(self, model: str, url: str, timeout: float) -> None:
        self.name = f"http:{model}"
        self._model = model
        self._url = url
        self._timeout = timeout
        self._plain = not url.endswith(("/v1/rerank", "/v2/rerank"))  # as TEI speaks

    def scores(self, query: str, passages: Sequence[str]) -> np.ndarray:
        """(n,) float64, as the server says. Raises ModelError when it does not."""
        if not passages:
            return np.zeros(0)
        asked: dict[str, Any] = (
            {"query": query, "texts": [*passages], "truncate": True}
            if self._plain
            else {"model": self._model, "query": query, "documents": [*passages], "top_n": len(passages)}
        )
        return self._read(self._post(json.dumps(asked).encode()), len(passages))

    def _post(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key := os.environ.get(KEY):
            headers["Authorization"] = f"Bearer {key}"
        request = Request(self._url, body, headers)
        try:
            with _OPENER.open(request, timeout=self._timeout) as answer:
                found: bytes = answer.read(_LARGEST + 1)
        except HTTPError as error:
            error.close()
            raise ModelError(self._refused(error.code)) from error
        except (TimeoutError, URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise ModelError(
                    f"The reranker at {self._url} did not answer within {self._timeout:g} s. Ask it for fewer "
                    "pages (rerank.depth), or switch it off: TRIPTYCH_RERANK__MODEL=none"
                ) from error
            raise ModelError(
                f"The reranker at {self._url} cannot be reached ({reason}). Start it, correct rerank.model, or "
                "switch it off: TRIPTYCH_RERANK__MODEL=none"
            ) from error
        if len(found) > _LARGEST:
            raise ModelError(f"The reranker at {self._url} answered with more than {_LARGEST} bytes.")
        return found

    def _refused(self, status: int) -> str:
        if status in (401, 403):
            said = "is wrong" if os.environ.get(KEY) else "is not set"
            return f"The reranker at {self._url} asks for a key, and ${KEY} {said} (HTTP {status}). Set it."
        if status == 404:
            return f"The server at {self._url} knows no such address or model (HTTP 404). {_WAY}"
        return f"The reranker at {self._url} refused the request (HTTP {status}). See the server's log."

    def _read(self, body: bytes, count: int) -> np.ndarray:
        """The score of each passage; the server may answer in any order."""
        scores = np.full(count, np.nan)
        try:
            answer = json.loads(body)
            rows = answer if isinstance(answer, list) else answer.get("results") or answer["data"]
            for row in rows:
                score = row["relevance_score"] if "relevance_score" in row else row["score"]
                if not 0 <= row["index"] < count or not math.isfinite(score):
                    raise ValueError(f"passage {row['index']} has the score {score}")
                scores[row["index"]] = score
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"The reranker at {self._url} answered with something else than scores "
                f"({type(error).__name__}: {str(error)[:80]}). Is this a /v1/rerank address?"
            ) from error
        if np.isnan(scores).any():
            raise ModelError(
                f"The reranker at {self._url} scored {count - int(np.isnan(scores).sum())} of {count} passages. "
                "Is this a /v1/rerank address?"
            )
        return scores


class _Stay(HTTPRedirectHandler):
    """A key must not follow a redirection to another host."""

    def redirect_request(self, *told: Any) -> None:
        return None


_OPENER = build_opener(_Stay)
