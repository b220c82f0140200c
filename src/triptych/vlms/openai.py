"""Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, LM Studio, OpenAI, Gemini, Anthropic.

`openai:MODEL@URL`, as in `openai:qwen2.5-vl@http://localhost:8000/v1`; without a URL, OpenAI itself. The key comes from
$OPENAI_API_KEY only. Pictures travel inside the request as data URIs; nothing is fetched, and redirections are not
followed, because evidence would go where nobody sent it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, Literal
from urllib.parse import urlsplit

import openai
from openai import DefaultHttpxClient, Omit, OpenAI, Stream
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from triptych.errors import UserError, VlmError
from triptych.seams import Message, Reply, Vlm
from triptych.vlms import _request
from triptych.vlms._lines import Lines, Stoppable
from triptych.vlms._openai_errors import KEY, told

URL = "https://api.openai.com/v1"
PICTURES = 32  # of a call, until a server takes fewer
_CONNECT = 5.0  # seconds for a connection
_LONGEST = 40  # characters of a token, on the average, beyond which a server does not keep to max_tokens
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
        self._headers = {} if key else {"Authorization": Omit()}
        self._refused: frozenset[str] = frozenset()  # optional parameters that the server does not know
        self._client = OpenAI(
            base_url=url,
            api_key=key or "none",
            timeout=openai.Timeout(timeout, connect=_CONNECT),
            max_retries=0,  # `generation` tries again, and counts it
            http_client=DefaultHttpxClient(follow_redirects=False),
        )
        self._lines = Lines(self._client)

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Stoppable:
        """See `seams.Vlm`."""
        return Stoppable(self._lines, lambda client: self._stream(client, messages, max_tokens))

    def _stream(
        self, client: OpenAI, messages: Sequence[Message], max_tokens: int
    ) -> Generator[str, None, Reply]:
        pictures = sum(not isinstance(part, str) for message in messages for part in message.parts)
        if pictures > self.pictures:
            takes = f"at most {self.pictures}" if self.pictures else "no pictures"
            raise VlmError(
                "vlm-no-pictures", f"The model {self._model} takes {takes} at once, not {pictures}."
            )
        sent = _request.messages(messages)
        try:
            with self._open(client, sent, max_tokens) as events:
                return (yield from self._pieces(client, events, sent, max_tokens))
        except openai.APIError as error:
            raise self._learnt(error, pictures) from error

    def close(self) -> None:
        """Close the connections that are kept for the next question."""
        self._lines.close()
        self._client.close()

    def reach(self) -> str:
        """See the module's."""
        try:
            known = [str(found.id) for found in self._client.models.list(extra_headers=self._headers)]
        except openai.NotFoundError:
            return f"{self._server} is there; it does not say which models it has"
        except openai.APIError as error:
            raise told(error, self._server, self._model, 0).error from error
        if not any(one == self._model or one.endswith(f"/{self._model}") for one in known):
            few = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
            raise VlmError(
                "vlm-unknown-model",
                f"The server {self._server} has no model '{self._model}'. It has: {few or 'none'}. Correct vlm.",
            )
        return f"{self._server} is there and has {self._model}"

    def _open(self, client: OpenAI, sent: _request.Pieces, max_tokens: int, *, stream: bool = True) -> Any:
        """The answer's stream, or all of it; an optional parameter that the server refuses is left out from then on."""
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
                    stream=stream,
                    stream_cls=Stream[ChatCompletionChunk],
                )
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                unknown = {name for name in given if _unsupported(error, name)}
                if not unknown:
                    raise
                self._refused = refused | unknown

    def _pieces(
        self, client: OpenAI, events: Stream[ChatCompletionChunk], sent: _request.Pieces, max_tokens: int
    ) -> Generator[str, None, Reply]:
        """The pieces of a stream. Raises VlmError when it does not come to a proper end."""
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
        if not finish and not said:
            raise self._complaint(client, sent)
        if not finish:
            raise self._half()
        return Reply("".join(said), _FINISH.get(finish, "stop"), *counted)

    def _complaint(self, client: OpenAI, sent: _request.Pieces) -> VlmError:
        """What was wrong with a stream that is empty. Raises openai.APIError where the server says it: some, like
        llama-cpp-python, do so without a stream only. Twice, as it may just have closed the connection that is kept."""
        try:
            try:
                whole: Any = self._open(client, sent, 1, stream=False)
            except openai.APIConnectionError:
                whole = self._open(client, sent, 1, stream=False)
        except ValueError as error:  # no JSON
            return self._malformed(error)
        return self._malformed(
            "it is empty; the server answers, but not in a stream"
            if getattr(whole, "choices", None)
            else "it is empty"
        )

    def _events(self, events: Stream[ChatCompletionChunk]) -> Generator[ChatCompletionChunk, None, None]:
        try:
            yield from events
        except openai.APITimeoutError:
            raise
        except openai.APIConnectionError as error:
            raise self._half() from error
        except ValueError as error:  # no JSON, no UTF-8
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

    def _malformed(self, why: object) -> VlmError:
        return VlmError(
            "vlm-stream",
            f"The server {self._server} sent what is no stream of chat completions ({str(why)[:80]}). Look at the "
            "server and at the URL in vlm.",
        )

    def _learnt(self, error: openai.APIError, pictures: int) -> VlmError:
        """The error in our words; what it says of the model is kept."""
        found = told(error, self._server, self._model, pictures)
        if found.pictures >= 0:
            self.pictures = min(self.pictures, found.pictures)
        if found.context:
            self.context = found.context
        return found.error


def _text(content: object) -> object:
    """The words of a piece; some servers send a list of parts, of which thoughts are no part of the answer."""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part["type"] == "text")
    return content or ""


def _unsupported(error: openai.APIStatusError, name: str) -> bool:
    text = f"{error.body or ''} {error.message}"
    return name in text and bool(_UNSUPPORTED.search(text))
