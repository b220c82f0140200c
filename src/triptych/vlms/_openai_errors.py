"""What servers answer when they do not answer, in our own words.

Status codes are agreed upon; for the rest each server has sentences of its own (OpenAI, vLLM, SGLang, llama.cpp,
llama-cpp-python, Ollama, LM Studio, transformers, Gemini, Anthropic), so wrong requests are told apart by the words
that they have in common.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

import openai

from triptych.errors import VlmError

KEY = "OPENAI_API_KEY"
_WAIT = 60.0  # seconds that a server may ask us to wait; longer ones are told instead
_CONTEXT = re.compile(
    r"context[ _](?:length|window|size)|maximum context|exceeds? n_ctx|too many (?:input )?tokens"
    r"|(?:prompt|input) (?:is|was) too long|reduce the length|token count .{0,40}exceeds|exceed_context|(?:request|payload|entity) too large",
    re.I,
)
_PICTURES = re.compile(
    r"image|vision|multi-?modal|mmproj|unmarshal array|content[^.]{0,60}(?:must be|should be|be) (?:a )?(?:valid )?string",
    re.I,
)
_AT_MOST = re.compile(
    r"at most (\d+) (?:image|picture)|(?:up to|maximum(?: of)?|limit(?: of|:)?) (\d+) image", re.I
)
_MODEL = re.compile(
    r"model[^.]{0,120}(?:not found|not exist|unknown|not available|not a valid|does not exist|not loaded)"
    r"|(?:unknown|no such|invalid) model|model_not_found|try pulling it",
    re.I,
)
_REFUSED = re.compile(r"content.?(?:policy|filter|management)|safety system|responsible ?ai", re.I)
_WINDOW = re.compile(
    r"(?:context (?:length|window|size)(?: is| of)?|n_ctx\D{0,4}|maximum of|limit of|max(?:imum)? allowed:?) ?\(?(\d{3,8})",
    re.I,
)


class Told(NamedTuple):
    """An error, and what a server let slip of the model: tokens it takes (0: nothing), pictures (-1: nothing)."""

    error: VlmError
    context: int = 0
    pictures: int = -1


def told(error: openai.APIError, server: str, model: str, pictures: int) -> Told:
    """`error` in our words. `pictures` were sent along with the request."""
    if isinstance(error, openai.APITimeoutError):
        return Told(_timeout(error, server))
    if isinstance(error, openai.APIConnectionError):
        return Told(away(error, server))
    if isinstance(error, openai.APIStatusError):
        return _status(error, server, model, pictures)
    return _in_words(_said(error), server, model, pictures) or Told(
        VlmError("vlm-stream", f"The server {server} broke its answer off: {_said(error)}. Ask again.")
    )


def away(error: Exception, server: str) -> VlmError:
    reason = str(error.__cause__ or error) or "no connection"
    return VlmError(
        "vlm-away",
        f"The model server {server} cannot be reached ({reason[:120]}). Start it, or correct the URL in vlm.",
        again=0.0,
    )


def _timeout(error: openai.APITimeoutError, server: str) -> VlmError:
    if "Connect" in type(error.__cause__).__name__:
        return away(error, server)
    return VlmError(
        "vlm-timeout",
        f"The model server {server} was silent for too long. Raise generation.timeout, ask with less evidence "
        "(generation.pictures, answer.tokens), or look at the server.",
    )


def _status(error: openai.APIStatusError, server: str, model: str, pictures: int) -> Told:
    status, said = error.status_code, _said(error)
    if status in (401, 403):
        return Told(
            VlmError(
                "vlm-key",
                f"The model server {server} does not accept the key (HTTP {status}: {said}). Put the right one into "
                f"the environment: {KEY}=...",
            )
        )
    if status in (402, 429):
        return Told(_busy(error, server, said))
    if status in (301, 302, 303, 307, 308):
        return Told(
            VlmError(
                "vlm-request",
                f"The server {server} sends us elsewhere (HTTP {status}), which is not followed, as evidence would go "
                "there. Name the right URL in vlm.",
            )
        )
    if found := _in_words(said, server, model, pictures, status):
        return found
    if status >= 500 or status in (408, 409):
        return Told(
            VlmError(
                "vlm-server",
                f"The model server {server} failed (HTTP {status}: {said}). Look at its log, and ask again.",
                again=0.0,
            )
        )
    if status in (404, 405):
        return Told(
            VlmError(
                "vlm-request",
                f"There are no chat completions at {server} (HTTP {status}: {said}). The URL in vlm mostly ends in /v1.",
            )
        )
    return Told(
        VlmError(
            "vlm-request",
            f"The model server {server} refused the request (HTTP {status}: {said}). Look at its log and at vlm.",
        )
    )


def _busy(error: openai.APIStatusError, server: str, said: str) -> VlmError:
    if error.status_code == 402 or re.search(r"quota|billing|credit", said, re.I):
        return VlmError(
            "vlm-busy",
            f"The account at {server} is used up (HTTP {error.status_code}: {said}). Top it up, or set another vlm.",
        )
    wait = _seconds(error.response.headers.get("retry-after", ""))
    pause = f"; it asks to wait {wait:g} s" if wait else ""
    return VlmError(
        "vlm-busy",
        f"The model server {server} has too much to do (HTTP 429: {said}){pause}. Wait, and ask again.",
        again=wait if wait <= _WAIT else None,
    )


def _seconds(header: str) -> float:
    """Of a Retry-After header; a date, which model servers do not send, is taken as nothing said."""
    return float(header) if re.fullmatch(r"\d{1,6}(\.\d+)?", header.strip()) else 0.0


def _in_words(said: str, server: str, model: str, pictures: int, status: int = 0) -> Told | None:
    """What the words of a server mean; None where they say nothing that we know."""
    if _CONTEXT.search(said):
        window = _WINDOW.search(said)
        return Told(
            VlmError(
                "vlm-context",
                f"The question and its evidence are longer than {model} takes ({said}). Ask with less evidence "
                "(answer.tokens, generation.pictures), or say what it takes: generation.context.",
            ),
            context=int(window[1]) if window else 0,
        )
    if pictures and _PICTURES.search(said):
        return _no_pictures(said, model, pictures)
    if _MODEL.search(said):
        return Told(
            VlmError(
                "vlm-unknown-model",
                f"The server {server} has no model '{model}' ({said}). Correct the name in vlm.",
            )
        )
    if status in (0, 400) and _REFUSED.search(said):
        return Told(
            VlmError("vlm-refused", f"The server {server} refused to answer this ({said}). Ask otherwise.")
        )
    return None


def _no_pictures(said: str, model: str, pictures: int) -> Told:
    """`pictures` were too many: as many as the words name are right, else one, else none."""
    match = _AT_MOST.search(said)
    named = int(match[1] or match[2]) if match else (1 if pictures > 1 and "not support" not in said else 0)
    most = min(named, pictures - 1)
    takes = f"at most {most} at once" if most else "none"
    return Told(
        VlmError(
            "vlm-no-pictures",
            f"The model {model} does not take {pictures} pictures ({said}), and from now on gets {takes}. Ask again.",
        ),
        pictures=most,
    )


def _said(error: openai.APIError) -> str:
    """The server's own words, on one line, without a traceback or a page of HTML."""
    body = error.body
    if isinstance(body, dict):
        body = next((body[key] for key in ("message", "error", "detail") if body.get(key)), body)
    text = re.sub(r"<[^>]{0,200}>", " ", str(body or error.message))
    if key := os.environ.get(KEY):  # some servers repeat the key that they do not accept
        text = text.replace(key, "...")
    return " ".join(text.split())[:200].rstrip(". ") or "no words"
