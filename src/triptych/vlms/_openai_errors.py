"""What servers answer when they do not answer, in our own words.

Status codes are agreed upon; for the rest each server has sentences of its own (OpenAI, vLLM, SGLang, llama.cpp,
llama-cpp-python, Ollama, LM Studio, transformers, Gemini, Anthropic), so wrong requests are told apart by the words
that they have in common.
"""

from __future__ import annotations

import os
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import openai

from triptych.errors import VlmError

KEY = "OPENAI_API_KEY"
NAMED = "vlm (--model), captioner or rerank.model"  # the settings that may have named a server
_WAIT = 60.0  # seconds that a server may ask us to wait; longer ones are told instead
_CONTEXT = re.compile(
    r"context[ _](?:length|window|size|limit)|maximum context|maximum model length|exceeds? n_ctx|too many (?:input )?tokens"
    r"|(?:prompt|input) (?:is|was) too long|reduce the length|token count .{0,40}exceeds|input tokens exceed|exceed_context"
    r"|(?:request|payload|entity) too large",
    re.I,
)
_PICTURES = re.compile(
    r"image|vision|multi-?modal|mmproj|unsupported content\[\]|unmarshal array"
    r"|content[^.]{0,60}(?:must be|should be|be) (?:a )?(?:valid )?string",
    re.I,
)
_NONE = re.compile(r"not support|unsupported", re.I)  # pictures at all
_AT_MOST = re.compile(
    r"at most (\d+) (?:image|picture)|(?:up to|maximum(?: of)?|limit(?: of|:)?) (\d+) image", re.I
)
_MODEL = re.compile(
    r"model[^.]{0,120}(?:not found|not exist|unknown|not available|not a valid|does not exist|not loaded)"
    r"|(?:unknown|no such|invalid) model|model_not_found|try pulling it|^model: ?\S+$",
    re.I,
)
_REFUSED = re.compile(r"content.?(?:policy|filter|management)|safety system|responsible ?ai", re.I)
_WINDOW = re.compile(
    r"(?:context (?:length|window|size)|maximum model length)(?: is| of)?(?: only)? ?\(?(\d{3,8})"
    r"|(?:n_ctx\D{0,4}|maximum of|limit of|max(?:imum)? allowed:?|tokens allowed) ?\(?(\d{3,8})|> ?(\d{3,8})",
    re.I,
)
_SECONDS = re.compile(r"(?:retry|try again) (?:in|after) (?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)(ms|s)\b)?", re.I)
_LASTING = re.compile(
    r"4(?!08|09|29)\d\d"
)  # status codes inside a stream that another attempt will not change
_USED_UP = re.compile(r"quota|billing|credit", re.I)


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
    return _in_words(error, server, model, pictures) or Told(
        VlmError(
            "vlm-server",
            f"The model server {server} broke its answer off ({_said(error)}). Look at its log, and ask again.",
            again=None if _LASTING.fullmatch(str(_field(error, "code"))) else 0.0,
        )
    )


def away(error: Exception, server: str) -> VlmError:
    reason = str(error.__cause__ or error) or "no connection"
    return VlmError(
        "vlm-away",
        f"The model server {server} cannot be reached ({reason[:120]}). Start it, or correct its URL in {NAMED}.",
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
                f"there. Name the right URL in {NAMED}.",
            )
        )
    if found := _in_words(error, server, model, pictures, status):
        return found
    if status >= 500 or status in (408, 409):
        wait = _wait(error)
        return Told(
            VlmError(
                "vlm-server",
                f"The model server {server} failed (HTTP {status}: {said}){_pause(wait)}. Look at its log, and ask again.",
                again=wait if wait <= _WAIT else None,
            )
        )
    if status in (404, 405):
        return Told(
            VlmError(
                "vlm-request",
                f"There are no chat completions at {server} (HTTP {status}: {said}). Its URL in {NAMED} mostly ends in /v1.",
            )
        )
    return Told(
        VlmError(
            "vlm-request",
            f"The model server {server} refused the request (HTTP {status}: {said}). Look at its log and at {NAMED}.",
        )
    )


def _busy(error: openai.APIStatusError, server: str, said: str) -> VlmError:
    """Too much at once, or no money left. Both speak of quotas and billing; only the first says when to come again."""
    wait, text = _wait(error), _text(error)
    if error.status_code == 402 or (_USED_UP.search(text) and not _said_wait(text)):
        return VlmError(
            "vlm-busy",
            f"The account at {server} is used up (HTTP {error.status_code}: {said}). Top it up, or set another vlm.",
        )
    return VlmError(
        "vlm-busy",
        f"The model server {server} has too much to do (HTTP 429: {said}){_pause(wait)}. Wait, and ask again.",
        again=wait if wait <= _WAIT else None,
    )


def _pause(wait: float) -> str:
    return f"; it asks to wait {wait:.3g} s" if wait else ""


def _wait(error: openai.APIStatusError) -> float:
    """Seconds that a server asks us to wait, by its header or its words."""
    return max(_seconds(error.response.headers.get("retry-after", "")), _said_wait(_text(error)))


def _seconds(header: str) -> float:
    """Of a Retry-After header: a number or a date; 0 for anything else."""
    if re.fullmatch(r"\d{1,6}(\.\d+)?", header.strip()):
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def _said_wait(text: str) -> float:
    """Seconds in "Please try again in 1m2.5s"; 0 where nothing of the kind is said."""
    found = _SECONDS.search(text)
    if not found:
        return 0.0
    minutes, number, unit = found.groups()
    return 60.0 * int(minutes or 0) + float(number or 0) / (1000 if unit and unit.lower() == "ms" else 1)


def _in_words(error: openai.APIError, server: str, model: str, pictures: int, status: int = 0) -> Told | None:
    """What the words of a server mean; None where they say nothing that we know."""
    said, text = _said(error), _text(error)
    if _CONTEXT.search(text):
        return Told(
            VlmError(
                "vlm-context",
                f"The question and its evidence are longer than {model} takes ({said}). Ask with less evidence "
                "(answer.tokens, generation.pictures), or say what it takes: generation.context.",
            ),
            context=_window(error, text),
        )
    if pictures and _PICTURES.search(said):
        return _no_pictures(said, model, pictures)
    if _MODEL.search(said):
        return Told(unknown(server, model, said))
    if status in (0, 400) and _REFUSED.search(said):
        return Told(
            VlmError("vlm-refused", f"The server {server} refused to answer this ({said}). Ask otherwise.")
        )
    return None


def _window(error: openai.APIError, text: str) -> int:
    """How many tokens the model takes, as a field or in words; 0 where it does not say."""
    field = _field(error, "n_ctx")
    if isinstance(field, int) and field > 0:
        return field
    found = _WINDOW.search(text)
    return int(found[1] or found[2] or found[3]) if found else 0


def unknown(server: str, model: str, said: str) -> VlmError:
    return VlmError(
        "vlm-unknown-model",
        f"The server {server} has no model '{model}' ({said}). Correct its name in {NAMED}.",
    )


def _no_pictures(said: str, model: str, pictures: int) -> Told:
    """`pictures` were too many: as many as the words name are right, else one, else none."""
    match = _AT_MOST.search(said)
    named = int(match[1] or match[2]) if match else (1 if pictures > 1 and not _NONE.search(said) else 0)
    most = min(named, pictures - 1)
    takes = f"at most {most} at once" if most else "none"
    return Told(
        VlmError(
            "vlm-no-pictures",
            f"The model {model} does not take {pictures} pictures ({said}), and from now on gets {takes}. Ask again.",
        ),
        pictures=most,
    )


def _body(error: openai.APIError) -> Any:
    """What the server sent; Gemini sends a list of errors."""
    body = error.body[0] if isinstance(error.body, list) and error.body else error.body
    return body.get("error", body) if isinstance(body, dict) else body


def _field(error: openai.APIError, name: str) -> object:
    body = _body(error)
    return body.get(name) if isinstance(body, dict) else None


def _said(error: openai.APIError) -> str:
    """The beginning of the server's own words, which is shown; further on, some repeat what they were sent."""
    return _text(error)[:200].rstrip(". ") or "no words"


def _text(error: openai.APIError) -> str:
    """The server's own words, on one line, without a traceback or a page of HTML."""
    body = _body(error)
    if isinstance(body, dict):
        body = next((body[key] for key in ("message", "error", "detail") if body.get(key)), body)
    text = re.sub(r"<[^>]{0,200}>", " ", str(body or error.message))
    if key := os.environ.get(KEY):  # some servers repeat the key that they do not accept
        text = text.replace(key, "...")
    return " ".join(text.split())[:1000]
