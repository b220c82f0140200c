"""Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, LM Studio, OpenAI, Gemini, Anthropic.

`openai:MODEL@URL`, as in `openai:qwen2.5-vl@http://localhost:8000/v1`; without a URL, OpenAI itself. The key comes from
$OPENAI_API_KEY only. Pictures travel inside the request as data URIs; nothing is fetched, and redirections are not
followed, because evidence would go where nobody sent it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from difflib import get_close_matches
from typing import Any, Literal
from urllib.parse import urlsplit

import openai
from httpx2 import SyncByteStream, create_ssl_context
from openai import DefaultHttpxClient, Omit, OpenAI, Stream
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from triptych.errors import UserError, VlmError
from triptych.seams import Message, Reply, Vlm
from triptych.vlms import _request
from triptych.vlms._lines import Line, Lines, Stoppable
from triptych.vlms._openai_errors import KEY, NAMED, told, unknown
from triptych.vlms._watched import Watched

URL = "https://api.openai.com/v1"
PICTURES = 32  # of a call, until a server takes fewer
_CONNECT = 5.0  # seconds for a connection
_LONGEST = 40  # characters of a token, on the average, beyond which a server does not keep to max_tokens
_LISTED = 8  # models of a server that are named where it has not the one that was asked for
_WAY = 'Write vlm = "openai:MODEL@URL", like openai:qwen2.5-vl@http://localhost:8000/v1'
_UNSUPPORTED = re.compile(
    r"unsupported|not supported|unrecognized|unknown|unexpected|extra|not permitted|deprecated", re.I
)

Finish = Literal["stop", "length", "refused"]
_FINISH: dict[str, Finish] = {"length": "length", "max_tokens": "length", "content_filter": "refused",
                              "refusal": "refused", "safety": "refused"}  # fmt: skip


def load(argument: str = "", *, timeout: float = 120.0) -> Vlm:
    """`argument` is `MODEL@URL` or `MODEL`; `timeout` are the seconds that the server may be silent. Nothing is
    sent. Raises UserError when the argument is neither, or OpenAI is meant and there is no key."""
    model, url = _parsed(argument)
    key = os.environ.get(KEY)
    if not key and url == URL:
        raise UserError(
            f"OpenAI asks for a key. Put it into the environment: {KEY}=..., or name a server: {_WAY}"
        )
    return Remote(model, url, key, timeout)


def _parsed(argument: str) -> tuple[str, str]:
    """`MODEL@URL` -> (model, URL without a slash at its end). A model's own name may have an @, too."""
    found = re.search(r"@(\w+://.*)", argument)
    model, url = (argument[: found.start()], found[1]) if found else (argument, URL)
    if model.endswith("@"):
        raise UserError(f"'openai:{argument}' names no URL behind the @. {_WAY}")
    try:
        parts = urlsplit(url)
        proper = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        proper = False
    if not model or not proper or re.search(r"\s", url) or re.search(r"@(localhost|.*[/:.])", model):
        shown = re.sub(r"//.*@", "//...@", argument)
        raise UserError(f"'openai:{shown}' names no model of a server. {_WAY}")
    if parts.username or parts.password or parts.query:
        raise UserError(
            f"The URL of a model server holds no key or password. Put it into the environment: {KEY}=..."
        )
    return model, url.rstrip("/")


def reach(argument: str, *, timeout: float = 5.0) -> str:
    """Ask the server which models it has, which costs nothing; one line about it. Raises VlmError when it is away, does
    not accept the key or does not have the model."""
    model, url = _parsed(argument)
    with closing(Remote(model, url, os.environ.get(KEY), timeout)) as remote:
        return remote.reach()


class Remote:
    """A model on a server. What it turns out not to take is kept: pictures, tokens, parameters."""

    def __init__(self, model: str, url: str, key: str | None, timeout: float) -> None:
        self.name = f"openai/{model}"
        self.context = 0
        self.pictures = PICTURES
        self._model = model
        self._server = url
        self._timeout = timeout
        self._headers: dict[str, Any] = {"Accept-Encoding": "identity"} | (
            {} if key else {"Authorization": Omit()}
        )
        self._without_stream = False  # the next question, as the last stream was empty
        self._refused: frozenset[str] = frozenset()  # optional parameters that the server does not know
        tls = create_ssl_context()
        self._client = OpenAI(
            base_url=url,
            api_key=key or "none",
            timeout=openai.Timeout(timeout, connect=_CONNECT),
            max_retries=0,  # `generation` tries again, and counts it
            http_client=DefaultHttpxClient(follow_redirects=False, verify=tls),
        )
        self._lines = Lines(self._client, tls)

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Stoppable:
        """See `seams.Vlm`."""
        return Stoppable(self._lines, lambda line: self._stream(line, messages, max_tokens))

    def _stream(
        self, line: Line, messages: Sequence[Message], max_tokens: int
    ) -> Generator[str, None, Reply]:
        pictures = sum(not isinstance(part, str) for message in messages for part in message.parts)
        if pictures > self.pictures:
            takes = f"at most {self.pictures}" if self.pictures else "no pictures"
            raise VlmError(
                "vlm-no-pictures", f"The model {self._model} takes {takes} at once, not {pictures}."
            )
        sent = _request.messages(messages)
        streams, self._without_stream = not self._without_stream, False
        try:
            with self._open(line.client, sent, max_tokens, streams) as events:
                return (yield from self._pieces(line, events, max_tokens, streams))
        except openai.APIError as error:
            raise self._learnt(line.client, error, pictures) from error

    def close(self) -> None:
        """Close the connections that are kept for the next question."""
        self._lines.close()
        self._client.close()

    def reach(self) -> str:
        """See the module's."""
        try:
            known = self._known(self._client)
        except openai.NotFoundError:
            return f"{self._server} is there; it does not say which models it has"
        except openai.APIError as error:
            raise told(error, self._server, self._model, 0).error from error
        if not any(one == self._model or one.endswith(f"/{self._model}") for one in known):
            raise unknown(self._server, self._model, self._listing(known))
        return f"{self._server} is there and has {self._model}"

    def _known(self, client: OpenAI) -> list[str]:
        """The models that the server has. Raises openai.APIError."""
        listed = client.models.list(extra_headers=self._headers, timeout=_CONNECT)
        return [str(found.id) for found in listed]

    def _open(
        self, client: OpenAI, sent: _request.Pieces, max_tokens: int, stream: bool
    ) -> Stream[ChatCompletionChunk]:
        """The answer, in pieces or in one; an optional parameter that the server refuses is left out from then on."""
        while True:
            refused = self._refused
            optional: dict[str, Any] = {
                "max_completion_tokens" if "max_tokens" in refused else "max_tokens": max_tokens,
                "temperature": 0.0,
                **({"stream_options": {"include_usage": True}} if stream else {}),
            }
            given = {name: value for name, value in optional.items() if name not in refused}
            body = _request.body(sent, model=self._model, stream=stream, **given)
            try:
                return client.post(  # `chat.completions.create` would look through every megabyte of it
                    "/chat/completions",
                    cast_to=ChatCompletion,
                    content=body,
                    options={"headers": self._headers},
                    stream=True,  # that is, do not wait for all of it
                    stream_cls=Stream[ChatCompletionChunk],
                )
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                odd = {name for name in given if _unsupported(error, name)}
                if not odd:
                    raise
                self._refused = refused | odd

    def _pieces(
        self, line: Line, events: Stream[ChatCompletionChunk], max_tokens: int, streams: bool
    ) -> Generator[str, None, Reply]:
        """The pieces of an answer. Raises VlmError when it does not come to a proper end."""
        said: list[str] = []
        length, finish = 0, ""
        counted = 0, 0
        for event in self._events(events):
            piece, ended, usage = self._read(event)
            finish = finish if finish == "refusal" else ended or finish
            counted = usage or counted
            if piece:
                said.append(piece)
                length += len(piece)
                yield piece
            if length > max_tokens * _LONGEST:
                finish = "length"
                break
        if not finish and not said and not line.is_cut:  # which would tell nothing about the server
            raise self._empty(events.response.headers.get("content-type", ""), streams)
        if not finish:
            raise self._half()
        return Reply("".join(said), _FINISH.get(finish, "stop"), *counted)

    def _empty(self, kind: str, streams: bool) -> VlmError:
        """An empty stream: some servers, like llama-cpp-python, say what is wrong without a stream only. So the next
        attempt is without one; that it is made, counted and stopped is the core's."""
        if not streams or not kind.startswith("text/event-stream"):
            return self._malformed(f"it is {kind.partition(';')[0] or 'empty'}")
        self._without_stream = True
        return self._malformed("it is empty", again=0.0)

    def _events(self, events: Stream[ChatCompletionChunk]) -> Generator[ChatCompletionChunk, None, None]:
        """The events of a stream; of an answer in one piece, one."""
        assert isinstance(events.response.stream, SyncByteStream), "the client is not an asynchronous one"
        watched = events.response.stream = Watched(events.response.stream, self._timeout)
        found = False
        try:
            for event in events:
                found = True
                yield event
            if not found and watched.whole:
                yield _chunk(json.loads(watched.whole), events)
        except openai.APITimeoutError:
            raise
        except openai.APIConnectionError as error:
            raise self._half() from error
        except (ValueError, LookupError, TypeError, AttributeError) as error:  # no JSON, no UTF-8, no answer
            raise self._malformed(error) from error

    def _read(self, event: ChatCompletionChunk) -> tuple[str, str, tuple[int, int] | None]:
        """(piece, why it ended or "", tokens in and out or None) of an event, which nobody has checked."""
        try:
            usage = (
                (int(event.usage.prompt_tokens), int(event.usage.completion_tokens)) if event.usage else None
            )
            if not event.choices:
                return "", "", usage
            choice = event.choices[0]
            piece = _text(choice.delta.content)
            if choice.delta.refusal:
                return "", "refusal", usage
            if not isinstance(piece, str):
                raise TypeError(f"a piece is {type(piece).__name__}")
            return piece, str(choice.finish_reason or ""), usage
        except (AttributeError, TypeError, LookupError, ValueError) as error:
            raise self._malformed(error) from error

    def _half(self) -> VlmError:
        return VlmError(
            "vlm-stream",
            f"The server {self._server} broke its answer off. Ask again, or look at its log.",
            again=0.0,
        )

    def _malformed(self, why: object, again: float | None = None) -> VlmError:
        return VlmError(
            "vlm-stream",
            f"The server {self._server} sent what is no stream of chat completions ({str(why)[:80]}). Look at the "
            f"server and at its URL in {NAMED}.",
            again,
        )

    def _learnt(self, client: OpenAI, error: openai.APIError, pictures: int) -> VlmError:
        """The error in our words; what it says of the model is kept."""
        found = told(error, self._server, self._model, pictures)
        if found.pictures >= 0:
            self.pictures = min(self.pictures, found.pictures)
        if found.context:
            self.context = found.context
        if found.error.code == "vlm-unknown-model":
            with suppress(openai.APIError):
                return unknown(self._server, self._model, self._listing(self._known(client)))
        return found.error

    def _listing(self, known: Sequence[str]) -> str:
        """Some of the models that there are, the likeliest first."""
        near = get_close_matches(self._model, known, _LISTED, cutoff=0.0)
        return f"it has: {', '.join(near) or 'none'}{', ...' if len(known) > len(near) else ''}"


def _chunk(answer: Any, events: Stream[ChatCompletionChunk]) -> ChatCompletionChunk:
    """An answer in one piece as the only event of a stream. Raises openai.APIError where it is an error, LookupError,
    TypeError or AttributeError where it is something else."""
    if error := answer.get("error"):
        raise openai.APIError(str(error), events.response.request, body=error)
    choice = answer["choices"][0]
    only = {"index": 0, "delta": choice["message"], "finish_reason": choice.get("finish_reason") or "stop"}
    return ChatCompletionChunk.construct(choices=[only], usage=answer.get("usage"))


def _text(content: object) -> object:
    """The words of a piece; some servers send a list of parts, of which thoughts are no part of the answer."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part["type"] == "text")
    return content or ""


def _unsupported(error: openai.APIStatusError, name: str) -> bool:
    text = f"{error.body or ''} {error.message}"
    return name in text and bool(_UNSUPPORTED.search(text))
