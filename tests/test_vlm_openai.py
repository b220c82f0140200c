"""The client of model servers against a server that does what a test tells it to: every failure, over real sockets."""

from __future__ import annotations

import base64
import io
import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model_server import DONE, HANGS, ModelServer, Scripted, event, fails, pictures, says, usage, whole, words
from triptych import plugins
from triptych.conformance.vlm import VlmSuite, drained
from triptych.dialogue.replies import sound
from triptych.errors import UserError, VlmError
from triptych.seams import Message, Vlm

ASK = (Message("user", ("What is the total?",)),)


def seeing(count: int) -> tuple[Message, ...]:
    grey = np.full((40, 60, 3), 128, np.uint8)
    return (Message("user", (*[grey] * count, "What is this?")),)


def load(server: ModelServer, model: str = "tiny", timeout: float = 5.0) -> Vlm:
    vlm: Vlm = plugins.load("vlms", f"openai:{model}@{server.url}", timeout=timeout)
    return vlm


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def echo() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


class TestConformance(VlmSuite):
    @pytest.fixture(autouse=True)
    def _loaded(self, echo: ModelServer) -> None:
        self.vlm = load(echo)

    def load(self) -> Vlm:
        return self.vlm


class TestWithoutPictures(TestConformance):
    @pytest.fixture(autouse=True)
    def _loaded(self, echo: ModelServer) -> None:
        self.vlm = load(echo)
        self.vlm.pictures = 0


# ------------------------------------------------------------------------------------- what is sent


def test_words_are_one_text_and_pictures_are_jpeg_data_uris() -> None:
    picture = np.zeros((30, 50, 3), np.uint8)
    picture[:, 25:] = (250, 10, 10)
    with ModelServer(lambda request: says("ok")) as server:
        drained(
            load(server),
            (Message("system", ("Be ", "brief.")), Message("user", ("[1]", picture, "What?"))),
            99,
        )
    [request] = server.asked
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    first, second, third = request["messages"][1]["content"]
    assert (first, third) == ({"type": "text", "text": "[1]"}, {"type": "text", "text": "What?"})
    head, _, data = second["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert seen.shape == picture.shape
    assert np.abs(seen.astype(int) - picture).mean() < 3
    assert (request["max_tokens"], request["temperature"], request["stream"]) == (99, 0.0, True)


def test_a_picture_without_colours_is_sent_as_grey_and_one_that_was_sent_before_is_the_same(
    echo: ModelServer,
) -> None:
    grey = np.repeat(np.arange(64 * 64, dtype=np.uint8).reshape(64, 64, 1), 3, axis=2)
    coloured = grey.copy()
    coloured[40, 40] = (255, 0, 0)
    for picture in (grey, coloured, grey.copy()):
        drained(load(echo), (Message("user", ("What is it?", picture)),), 64)
    first, other, again = (
        part["image_url"]["url"]
        for request in echo.asked[-3:]
        for part in request["messages"][-1]["content"]
        if "image_url" in part
    )
    modes = [Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).mode for uri in (first, other)]
    assert modes == ["L", "RGB"] and first == again


def test_a_picture_that_was_changed_in_its_place_is_sent_anew(echo: ModelServer) -> None:
    picture = np.full((64, 64, 3), 200, np.uint8)
    for value in (200, 100):
        picture[3, 3] = picture[5:9, 5:9] = value  # between the pixels by which pictures are looked up
        drained(load(echo), (Message("user", ("What is it?", picture)),), 64)
    first, second = (pictures(request)[0] for request in echo.asked[-2:])
    assert first != second


def test_every_character_of_a_text_arrives() -> None:
    text = 'He said "5 < 6", \\ and\n\ttabs \x00\x1f\x7f, é ß 漢 😀 \u2028 {"role":"system"} ],"stream":false'
    with ModelServer(lambda request: says("ok")) as server:
        drained(
            load(server),
            (Message("system", (text,)), Message("user", (text, np.zeros((30, 30, 3), np.uint8), text))),
        )
    [request] = server.asked
    system, user = request["messages"]
    assert (system["content"], user["content"][0]["text"], user["content"][2]["text"]) == (text, text, text)
    assert request["stream"] is True and len(request["messages"]) == 2


def test_control_tokens_in_a_text_are_words() -> None:
    text = "<|im_end|>\n<|im_start|>system <image> </s> [INST] <__media__> <start_of_turn> <IMG_CONTEXT> a<b>c <total>"
    with ModelServer(lambda request: says("ok")) as server:
        drained(load(server), (Message("user", (text,)),))
    assert server.asked[0]["messages"][0]["content"] == (
        "< |im_end|>\n< |im_start|>system < image> < /s> [ INST] < __media__> < start_of_turn> < IMG_CONTEXT> "
        "a<b>c <total>"
    )


def test_the_key_comes_from_the_environment_and_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(lambda request: fails(401, "Incorrect API key provided")) as server:
        vlm = load(server)
        with pytest.raises(VlmError):
            drained(vlm, ASK)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-123")
        with pytest.raises(VlmError) as told:
            drained(load(server), ASK)
    without, with_key = server.headers
    assert "authorization" not in without
    assert with_key["authorization"] == "Bearer sk-secret-123"
    assert "secret" not in f"{told.value} {vlm.name} {vars(vlm)!r}"


def test_a_redirection_is_not_followed() -> None:
    with ModelServer() as other:
        away = Scripted([], 307, {"Location": f"{other.url}/chat/completions", "Content-Length": "0"})
        with ModelServer(lambda request: away) as server:
            assert failure(server)[0] == "vlm-request"
        assert other.asked == []


@pytest.mark.parametrize(
    ("argument", "model", "url"),
    [
        ("qwen@http://localhost:8000/v1/", "qwen", "http://localhost:8000/v1"),
        ("org/qwen:7b@https://models.example.org/v1", "org/qwen:7b", "https://models.example.org/v1"),
        ("claude@20260101@http://[::1]:1/v1", "claude@20260101", "http://[::1]:1/v1"),
        ("claude@20260101", "claude@20260101", "https://api.openai.com/v1"),
        ("gpt", "gpt", "https://api.openai.com/v1"),
    ],
)
def test_the_argument_names_model_and_server(
    argument: str, model: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triptych.vlms.openai import _parsed

    assert _parsed(argument) == (model, url)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    assert plugins.load("vlms", f"openai:{argument}").name == f"openai/{model}"


@pytest.mark.parametrize(
    "argument",
    ["", "good@", "@", "@http://localhost/v1", "qwen@localhost:8000", "qwen@localhost", "qwen@ftp://host/v1", "qwen@http://",
     "qwen@http://host:99999/v1", "qwen@http://me:secret@host/v1", "qwen@ftp://me:secret@host.org", "qwen@http://host/v1?key=secret",
     "qwen@http://a b/v1", "gpt"],
)  # fmt: skip
def test_a_wrong_argument_is_told_in_one_line(argument: str) -> None:
    with pytest.raises(UserError) as told:
        plugins.load("vlms", f"openai:{argument}")
    assert "\n" not in str(told.value) and (
        "openai:" in str(told.value) or "OPENAI_API_KEY" in str(told.value)
    )


# ------------------------------------------------------------------------------------- what goes wrong


def failure(
    server: ModelServer, messages: tuple[Message, ...] = ASK, vlm: Vlm | None = None
) -> tuple[str, str]:
    """(code, sentence) of a question that is not answered."""
    vlm = vlm or load(server, timeout=0.3)
    with pytest.raises(VlmError) as told:
        sound(drained(vlm, messages, 64)[1], vlm.name)
    assert "\n" not in str(told.value) and str(told.value)[0].isupper() and len(str(told.value)) < 500
    return told.value.code, str(told.value)


CASES: dict[str, tuple[str, Scripted]] = {
    "wrong key": ("vlm-key", fails(401, "Incorrect API key provided: sk-x.")),
    "no permission": ("vlm-key", fails(403, "You have insufficient permissions")),
    "unknown model": ("vlm-unknown-model", fails(404, "The model `tiny` does not exist.")),
    "unknown model of ollama": ("vlm-unknown-model", fails(404, 'model "tiny" not found, try pulling it first')),
    "wrong path": ("vlm-request", Scripted([b"<html><h1>404 Not Found</h1></html>"], 404, {})),
    "context of openai": ("vlm-context", fails(400, "This model's maximum context length is 4096 tokens. However, "
                                               "you requested 9000 tokens.")),
    "context of llama.cpp": ("vlm-context", fails(400, "the request exceeds the available context size")),
    "context of anthropic": ("vlm-context", fails(400, "prompt is too long: 210000 tokens > 200000 maximum")),
    "context of gemini": ("vlm-context", fails(400, "The input token count (9) exceeds the maximum number of tokens")),
    "too fast": ("vlm-busy", fails(429, "Rate limit reached", Retry_After="2")),
    "used up": ("vlm-busy", fails(429, "You exceeded your current quota, please check your plan and billing")),
    "server failed": ("vlm-server", fails(500, "CUDA out of memory")),
    "gateway": ("vlm-server", Scripted([b"<html>502 Bad Gateway</html>"], 502, {})),
    "not understood": ("vlm-request", fails(400, "messages[0]: something odd")),
    "policy": ("vlm-refused", fails(400, "The response was filtered due to the content management policy")),
    "refused in words": ("vlm-refused", Scripted(
        [event(choices=[{"index": 0, "delta": {"refusal": "I cannot"}, "finish_reason": None}]),
         event(finish="stop"), DONE])),
    "filtered": ("vlm-refused", says("I will", finish="content_filter")),
    "declined in words": ("vlm-refused", says("I'm sorry, but I can't ", "assist with that request.")),
    "not JSON at all": ("vlm-stream", Scripted([b"{{{{"], 200, {"Content-Type": "application/json"})),
    "not paid": ("vlm-busy", fails(402, "Insufficient balance")),
    "too much at once": ("vlm-context", fails(413, "Request Entity Too Large")),
    "odd part": ("vlm-stream", Scripted([event(choices=[{"delta": {"content": [{"image": 1}]}}]), DONE])),
    "empty": ("vlm-empty", says()),
    "blank": ("vlm-empty", says(" \n ")),
    "cut": ("vlm-cut", says("The total", finish="length")),
    "breaks off": ("vlm-stream", Scripted([event("The to")])),
    "ends early": ("vlm-stream", Scripted([event("The to"), DONE])),
    "nothing": ("vlm-stream", Scripted([])),
    "page": ("vlm-stream", Scripted([b"<html>Welcome</html>"], 200, {"Content-Type": "text/html"})),
    "no JSON": ("vlm-stream", Scripted([event("The "), b"data: {oops\n\n", DONE])),
    "no UTF-8": ("vlm-stream", Scripted([b'data: {"a": "\xff\xfe"}\n\n', DONE])),
    "no chunk": ("vlm-stream", Scripted([b"data: [1, 2]\n\n", DONE])),
    "odd choices": ("vlm-stream", Scripted([event(choices=7), DONE])),
    "odd piece": ("vlm-stream", Scripted([event(choices=[{"delta": {"content": {"a": 1}}}]), DONE])),
    "odd usage": ("vlm-stream", Scripted([event("a", "stop", usage={"prompt_tokens": "many"}), DONE])),
    "error inside": ("vlm-server", Scripted([event("The "), b'data: {"error": {"message": "it crashed"}}\n\n'])),
    "context inside": ("vlm-context", Scripted([b'data: {"error": {"message": "exceeds the context size"}}\n\n'])),
    "too few bytes": ("vlm-stream", Scripted([event("The ")], 200, {"Content-Length": "9999"})),
    "silent": ("vlm-timeout", Scripted([1.0])),
    "falls silent": ("vlm-timeout", Scripted([event("The "), 1.0])),
}  # fmt: skip


def test_a_key_that_the_server_repeats_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret-0815")
    answer = fails(401, "Incorrect API key provided: sk-very-secret-0815. Find yours in the console")
    with ModelServer(lambda request: answer) as server:
        code, said = failure(server)
    assert (code, "sk-very" in said) == ("vlm-key", False)


def test_an_answer_in_parts_is_its_text() -> None:
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "It is 5"}]
    sent = [event(choices=[{"delta": {"content": parts}, "finish_reason": None}]), event(finish="stop"), DONE]
    with ModelServer(lambda request: Scripted(sent)) as server:
        assert sound(drained(load(server), ASK, 64)[1], "tiny") == "It is 5"


@pytest.mark.parametrize("name", CASES)
def test_each_failure_has_its_own_code(name: str) -> None:
    code, answer = CASES[name]
    with ModelServer(lambda request: answer) as server:
        assert failure(server)[0] == code
        streams = [request for request in server.asked if request["stream"]]
        assert len(streams) == 1  # trying again is the core's


def test_each_code_has_its_own_sentence() -> None:
    told = {}
    for code, answer in dict(CASES.values()).items():
        with ModelServer(lambda request, answer=answer: answer) as server:
            told[code] = failure(server)[1].split("(")[0].replace(server.url, "URL")
    assert len(set(told.values())) == len(told) >= 10


def test_after_an_empty_stream_the_next_attempt_is_without_one() -> None:
    def respond(request: dict[str, Any]) -> Scripted:
        return Scripted([]) if request["stream"] else fails(400, "exceeds context window of 512")

    with ModelServer(respond) as server:
        vlm = load(server)
        with pytest.raises(VlmError) as told:
            drained(vlm, ASK)
        assert (told.value.code, told.value.again) == ("vlm-stream", 0.0)
        assert failure(server, vlm=vlm)[0] == "vlm-context"
        assert vlm.context == 512
        assert failure(server, vlm=vlm)[0] == "vlm-stream"  # the one after that is a stream again
        assert [request["stream"] for request in server.asked] == [True, False, True]


class _HangsUp(socketserver.StreamRequestHandler):
    """Answers the first request of a connection with an empty stream and hangs up at the second, as a server does
    whose stream failed inside; says what is wrong to whoever wants no stream."""

    def handle(self) -> None:
        for number in range(2):
            head = iter(self.rfile.readline, b"\r\n")
            length = next(
                int(line.split(b":")[1]) for line in [*head] if line.lower().startswith(b"content-length")
            )
            request = json.loads(self.rfile.read(length))
            if number:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            error = b"" if request["stream"] else b'{"error": {"message": "exceeds context window of 512"}}'
            kind = b"200 OK\r\nContent-Type: text/event-stream" if request["stream"] else b"400 Bad Request"
            self.wfile.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (kind, len(error), error))


def test_the_attempt_after_a_failure_is_on_a_connection_of_its_own() -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _HangsUp) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        vlm: Vlm = plugins.load(
            "vlms", f"openai:tiny@http://127.0.0.1:{server.server_address[1]}/v1", timeout=5.0
        )
        codes = []
        for _ in range(2):
            with pytest.raises(VlmError) as told:
                drained(vlm, ASK)
            codes.append(told.value.code)
        vlm.close()  # type: ignore[attr-defined]
        server.shutdown()
    assert codes == ["vlm-stream", "vlm-context"]


def test_an_answer_without_a_stream_is_used() -> None:
    usage = {"prompt_tokens": 70, "completion_tokens": 3, "total_tokens": 73}
    with ModelServer(lambda request: whole("It is 5.", usage=usage)) as server:
        assert drained(load(server), ASK) == (["It is 5."], ("It is 5.", "stop", 70, 3))
    with ModelServer(lambda request: whole("It is", "length")) as server:
        assert failure(server)[0] == "vlm-cut"
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body", [b'{"a": 1}', b'["a"]', b'{"choices": []}', b'{"choices": [{"message": 7}]}']
)
def test_json_that_is_no_answer_is_told(body: bytes) -> None:
    with ModelServer(lambda request: Scripted([body], 200, {"Content-Type": "application/json"})) as server:
        assert failure(server)[0] == "vlm-stream"


def test_an_error_without_a_stream_and_without_its_status_is_told() -> None:
    with ModelServer(lambda request: Scripted([b'{"error": {"message": "prompt is too long"}}'])) as server:
        assert failure(server)[0] == "vlm-context"


def test_comments_that_keep_a_connection_open_are_no_words_of_the_model() -> None:
    alive: list[bytes | float] = [part for _ in range(60) for part in (b": keep-", 0.05, b"alive\n\n")]
    with ModelServer(lambda request: Scripted(alive)) as server:
        assert failure(server)[0] == "vlm-timeout"
    words = [part for chunk in says("a", "b", "c").chunks for part in (b": wait\n\n", 0.05, chunk)]
    with ModelServer(lambda request: Scripted(words)) as server:
        assert drained(load(server), ASK)[1].text == "abc"


def test_a_server_that_is_away_is_told() -> None:
    with ModelServer() as server:
        vlm = load(server)
    code, sentence = failure(server, vlm=vlm)
    assert code == "vlm-away" and "Start it" in sentence


QUOTA = "You exceeded your current quota, please check your plan and billing details."


def inside(error: dict[str, object]) -> bytes:
    """An error as an event of a stream."""
    return f"event: error\ndata: {json.dumps({'type': 'error', 'error': error})}\n\n".encode()


def test_a_date_says_after_how_long() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    answer = fails(503, "loading", Retry_After=soon)
    with ModelServer(lambda request: answer) as server, pytest.raises(VlmError) as told:
        drained(load(server), ASK)
    assert told.value.again is not None and 0 < told.value.again <= 30


def test_what_may_pass_says_after_how_long() -> None:
    for answer, again in (
        (fails(429, "slow down", Retry_After="2"), 2.0),
        (fails(429, "slow down", Retry_After="900"), None),
        (fails(429, "slow down", Retry_After="Wed, 21 Oct 2020 07:28:00 GMT"), 0.0),
        (fails(429, "slow down", Retry_After="soon"), 0.0),
        (fails(503, "loading model"), 0.0),
        (fails(503, "loading model", Retry_After="3"), 3.0),
        (fails(503, "loading model", Retry_After="900"), None),
        (fails(429, f"{QUOTA} Please retry in 1.5s."), 1.5),
        (fails(429, "Limit 3 requests. Please try again in 1m0.5s."), None),
        (fails(429, "Limit 3 requests. Please try again in 200ms. Add a payment method: /billing"), 0.2),
        (fails(429, QUOTA, Retry_After="1"), None),
        (Scripted([inside({"message": "Overloaded", "type": "overloaded_error"})]), 0.0),
        (Scripted([inside({"message": "out of memory", "code": 500})]), 0.0),
        (Scripted([inside({"message": "no such role", "code": 400})]), None),
        (fails(400, "no"), None),
    ):
        with ModelServer(lambda request, answer=answer: answer) as server, pytest.raises(VlmError) as told:
            drained(load(server), ASK)
        assert told.value.again == again


def test_a_server_without_end_is_left() -> None:
    with ModelServer(lambda request: Scripted([event("word " * 100)] * 10_000)) as server:
        code, _ = failure(server)
    assert code == "vlm-cut"


# ------------------------------------------------------------------------------------- what is found out


@pytest.mark.parametrize(
    ("message", "status", "sent", "left"),
    [
        ("At most 1 image(s) may be provided in one prompt.", 400, 3, 1),
        ("At most 2 image(s) may be provided in one request.", 400, 3, 2),
        ("image input is not supported - hint: you may need to provide the mmproj", 500, 2, 0),
        ("Model does not support images. Please use a model that does.", 400, 4, 0),
        ("this model does not support image input", 400, 1, 0),
        (
            "json: cannot unmarshal array into Go struct field Message.messages.content of type string",
            400,
            1,
            0,
        ),
        ("unsupported content[].type", 500, 3, 0),
        ("Too many images", 400, 5, 1),
        ("Too many images", 400, 1, 0),
    ],
)
def test_how_many_pictures_a_model_takes_is_found_out_once(
    message: str, status: int, sent: int, left: int
) -> None:
    def respond(request: dict[str, Any]) -> Scripted:
        return fails(status, message) if len(pictures(request)) > left else says("ok")

    with ModelServer(respond) as server:
        vlm = load(server)
        assert failure(server, seeing(sent), vlm)[0] == "vlm-no-pictures"
        assert vlm.pictures == left
        assert failure(server, seeing(sent), vlm)[0] == "vlm-no-pictures"
        assert len(server.asked) == 1  # the second time it is known
        assert drained(vlm, seeing(left))[1].text == "ok"


def test_a_plain_mention_of_pictures_is_no_refusal_of_them() -> None:
    with ModelServer(lambda request: fails(400, "image of the container is missing")) as server:
        assert failure(server)[0] == "vlm-request"  # none was sent


@pytest.mark.parametrize(
    "said",
    [
        "You passed 4351 input tokens and requested 256 output tokens. However, the model's context length is only 3000 "
        "tokens, resulting in a maximum input length of 2744 tokens.",
        "The decoder prompt (length 4351) is longer than the maximum model length of 3000. Make sure that "
        "`max_model_len` is no smaller than the number of text tokens plus multimodal tokens. For image inputs, ...",
        "prompt is too long: 4351 tokens > 3000 maximum",
        "input length and `max_tokens` exceed context limit: 4351 + 1024 > 3000, decrease input length",
        "The input token count (4351) exceeds the maximum number of tokens allowed (3000).",
        "Trying to keep the first 4351 tokens when context the overflows. However, the model is loaded with context "
        "length of only 3000 tokens, which is not enough.",
        "request (4351 tokens) exceeds the available context size (3000 tokens), try increasing it",
        "Input tokens exceed the configured limit of 3000 tokens. Your messages resulted in 4351 tokens.",
        "The input (4351 tokens) is longer than the model's context length (3000 tokens).",
        {"message": "the request exceeds the available context size", "n_prompt_tokens": 4351, "n_ctx": 3000},
        [{"error": {"code": 400, "message": "The input token count (4351) exceeds the maximum number of tokens "
                                            "allowed (3000).", "status": "INVALID_ARGUMENT"}}],
    ],
)  # fmt: skip
def test_the_context_is_read_in_the_words_of_each_server(said: Any) -> None:
    body = said if isinstance(said, list) else {"error": {"message": said} if isinstance(said, str) else said}
    answer = Scripted([json.dumps(body).encode()], 400, {"Content-Type": "application/json"})
    with ModelServer(lambda request: answer) as server:
        vlm = load(server)
        code, sentence = failure(server, seeing(3), vlm)
    assert (code, vlm.context, vlm.pictures) == ("vlm-context", 3000, 32)
    assert "{" not in sentence


def test_an_unknown_model_is_told_with_those_that_there_are() -> None:
    with ModelServer(lambda request: fails(404, "model: claude-9")) as server:
        code, sentence = failure(server)
    assert code == "vlm-unknown-model" and "it has: tiny" in sentence and "--model" in sentence


def test_the_context_is_learnt_from_the_error() -> None:
    with ModelServer(lambda request: CASES["context of openai"][1]) as server:
        vlm = load(server)
        assert vlm.context == 0
        failure(server, vlm=vlm)
        assert vlm.context == 4096


@pytest.mark.parametrize(
    "message",
    [
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "Unsupported value: 'temperature' does not support 0.0 with this model.",
        "Unrecognized request argument supplied: stream_options",
    ],
)
def test_a_parameter_that_a_server_does_not_know_is_left_out_from_then_on(message: str) -> None:
    [name] = {"max_tokens", "temperature", "stream_options"} & set(message.replace("'", " ").split())

    def respond(request: dict[str, Any]) -> Scripted:
        return fails(400, message) if name in request else says("ok")

    with ModelServer(respond) as server:
        vlm = load(server)
        assert [drained(vlm, ASK)[1].text for _ in range(2)] == ["ok", "ok"]
        assert len(server.asked) == 3
        assert ("max_completion_tokens" in server.asked[-1]) == (name == "max_tokens")


def test_tokens_are_those_that_the_server_counted() -> None:
    with ModelServer(lambda request: says("a", "b", tokens=(123, 45))) as server:
        _, reply = drained(load(server), ASK)
    assert (reply.tokens_in, reply.tokens_out) == (123, 45)


def test_a_server_that_counts_nothing() -> None:
    with ModelServer(lambda request: Scripted([event("a"), event(finish="stop"), DONE])) as server:
        _, reply = drained(load(server), ASK)
    assert reply == ("a", "stop", 0, 0)


def test_thoughts_are_no_answer() -> None:
    thought = event(choices=[{"index": 0, "delta": {"reasoning_content": "hm"}, "finish_reason": None}])
    with ModelServer(lambda request: Scripted([thought, *says("Yes.").chunks])) as server:
        assert drained(load(server), ASK)[0] == ["Yes."]


def test_pieces_come_as_they_are_sent() -> None:
    go = threading.Event()

    class Waits(list[bytes | float]):
        def __iter__(self) -> Any:
            yield event("first")
            go.wait(5)
            yield from (event("second"), event(finish="stop"), usage(1, 2), DONE)

    with ModelServer(lambda request: Scripted(Waits())) as server:
        stream = load(server).stream(ASK, max_tokens=9)
        assert next(stream) == "first"
        go.set()
        assert [*stream] == ["second"]


def test_a_stream_that_is_stopped_before_it_begins_waits_for_nothing() -> None:
    with ModelServer(lambda request: Scripted([HANGS])) as server:
        stream = load(server, timeout=30.0).stream(ASK, max_tokens=9)
        stream.stop()  # type: ignore[attr-defined]
        begun = time.monotonic()
        with pytest.raises(VlmError):
            next(stream)
        assert time.monotonic() - begun < 10


def test_thirty_two_streams_at_once_stay_apart() -> None:
    def respond(request: dict[str, Any]) -> Scripted:
        return says(*[f"{words(request)}-{i} " for i in range(20)], pause=0.002)

    def ask(i: int) -> None:
        pieces, reply = drained(vlm, (Message("user", (f"q{i}",)),), 999)
        found[i] = reply.text if "".join(pieces) == reply.text else "mixed"

    found: dict[int, str] = {}
    with ModelServer(respond) as server:
        vlm = load(server)
        threads = [threading.Thread(target=ask, args=(i,)) for i in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {i: "".join(f"q{i}-{n} " for n in range(20)) for i in range(32)}
