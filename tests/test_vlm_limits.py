"""A question to a model that takes less than was thought, costs more than was allowed, or does not answer as it should:
the real command line against a server that a test scripts."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import triptych
from conftest import Run
from model_server import ModelServer, Scripted, fails, pictures, says, words

QUESTION = "What is the total on the ACME invoice INV-1042?"


def answers(request: dict[str, Any]) -> Scripted:
    """The total, cited as the item that holds it."""
    items = re.split(r"(?m)^\[(\d+)\] ", words(request))
    numbers = [n for n, text in zip(items[1::2], items[2::2], strict=True) if "Total $129.50" in text]
    return says(f"The total is $129.50 [{numbers[0]}]." if numbers else "NO ANSWER")


def size(request: dict[str, Any]) -> int:
    """Tokens of a request as a server may count them: more than we do."""
    return len(words(request)) * 2 // 5 + 400 * len(pictures(request)) + request["max_tokens"]


def small(window: int, said: str) -> Callable[[dict[str, Any]], Scripted]:
    """A server whose model takes `window` tokens, and which says so in these words."""

    def respond(request: dict[str, Any]) -> Scripted:
        return fails(400, said) if size(request) > window else answers(request)

    return respond


def asked(run: Run, server: ModelServer, library: Path, **env: str) -> dict[str, Any]:
    done = run("ask", QUESTION, "--json", "--model", f"openai:tiny@{server.url}", library=library, **env)
    assert "Traceback" not in done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return {**told, "status": done.returncode}


@pytest.mark.parametrize(
    "said",
    [
        "This model's maximum context length is 2600 tokens. Please reduce the length of the messages.",
        "the input length exceeds the context length",
    ],
)
def test_a_small_model_is_asked_again_with_what_it_takes(said: str, run: Run, copied: Path) -> None:
    with ModelServer(small(2600, said)) as server:
        answer = asked(run, server, copied)
        assert (answer["status"], answer["citations"][0]["verified"]) == (0, True)
        assert len(server.asked) >= 2 and size(server.asked[0]) > 2600 >= size(server.asked[-1])


@pytest.mark.parametrize(
    "said", ["maximum context length is 2600 tokens", "the input length exceeds the context length"]
)
def test_pictures_that_a_server_writes_into_the_prompt_are_given_up(
    said: str, run: Run, copied: Path
) -> None:
    def wordy(request: dict[str, Any]) -> Scripted:
        spelt = sum(len(uri) for uri in pictures(request)) // 3
        return fails(400, said) if size(request) + spelt > 2600 else answers(request)

    with ModelServer(wordy) as server:
        answer = asked(run, server, copied)
        assert (answer["status"], answer["citations"][0]["verified"]) == (0, True)
        assert pictures(server.asked[0]) and not pictures(server.asked[-1])
        assert len(server.asked) < 6


def test_a_model_that_takes_nothing_at_all_ends_it(run: Run, copied: Path) -> None:
    said = "the input length exceeds the context length"
    with ModelServer(lambda request: fails(400, said)) as server:
        answer = asked(run, server, copied)
        assert (answer["status"], answer["error"]["code"]) == (1, "vlm-context")
        assert said in answer["error"]["reason"] and answer["evidence"]
        assert len(server.asked) < 8


def test_what_was_found_out_is_kept_for_the_next_question(copied: Path) -> None:
    with ModelServer(small(2600, "the input length exceeds the context length")) as server:
        with triptych.open(copied, settings={"vlm": f"openai:tiny@{server.url}"}) as opened:
            first = opened.ask(QUESTION)
            before = len(server.asked)
            second = opened.ask(QUESTION)
        assert first.error is None and second.error is None and before > 1
        assert server.asked[before:] and all(size(request) <= 2600 for request in server.asked[before:])


BROKEN: dict[str, Callable[[dict[str, Any]], Scripted]] = {
    "wrong key": lambda request: fails(401, "Incorrect API key provided"),
    "no grade": lambda request: says("I cannot say"),
    "failing": lambda request: fails(400, "something odd"),
}


@pytest.mark.parametrize("name", [*BROKEN, "away", "limit"])
def test_a_reranker_that_fails_takes_nothing_away(name: str, run: Run, copied: Path) -> None:
    with ModelServer(BROKEN.get(name, answers)) as server:
        url = "http://127.0.0.1:9/v1" if name == "away" else server.url
        env = {
            "TRIPTYCH_RERANK__MODEL": f"vlm:openai:tiny@{url}",
            "TRIPTYCH_GENERATION__RETRIES": "0",
            "TRIPTYCH_COST__STOP_TOKENS": "1" if name == "limit" else "0",
        }
        plain = json.loads(
            run("search", "invoice", "--json", library=copied, TRIPTYCH_RERANK__MODEL="none").stdout
        )
        found = run("search", "invoice", "--json", library=copied, **env)
        told = json.loads(found.stdout)
        assert (found.returncode, told["hits"]) == (0, plain["hits"])
        assert "rerank.model" in told["warnings"][0] and server.url not in told["warnings"][0]
        assert "Traceback" not in found.stderr and "(rerank.model) failed. " in found.stderr
        assert "note: The pages stand" in run("search", "invoice", library=copied, **env).stdout
        answer = run("ask", QUESTION, "--json", library=copied, **env)
        given = json.loads(answer.stdout)
        assert (answer.returncode, given["answer"]) == (0, "$129.50 [1]")
        assert "rerank.model" in given["warnings"][0]


def test_what_an_answer_costs_is_with_the_grades(run: Run, copied: Path) -> None:
    def respond(request: dict[str, Any]) -> Scripted:
        return says("7") if "You grade" in words(request) else answers(request)

    with ModelServer(respond) as server:
        answer = asked(run, server, copied, TRIPTYCH_RERANK__MODEL="vlm", TRIPTYCH_RERANK__DEPTH="3")
        assert answer["status"] == 0 and answer["cost"]["calls"] == len(server.asked) == 4
        booked = json.loads(run("cost", "--json", library=copied).stdout)["total"]
        assert {**booked, "seconds": 0} == {**answer["cost"], "seconds": 0}


def shapes(request: dict[str, Any]) -> list[tuple[int, int]]:
    """(width, height) of the pictures of a request."""
    sent = (base64.b64decode(uri.partition(",")[2]) for uri in pictures(request))
    return [Image.open(io.BytesIO(data)).size for data in sent]


@pytest.mark.parametrize("pixels", [0, 500, 784, 1000, 6000, 30_000, 200_000])
def test_what_is_sent_of_pictures_keeps_to_the_budget(pixels: int, copied: Path) -> None:
    with ModelServer(answers) as server:
        chosen = {"vlm": f"openai:tiny@{server.url}", "answer.pixels": pixels}
        with triptych.open(copied, settings=chosen) as opened:
            assert not opened.ask(QUESTION).abstained
        [request] = server.asked
    sent = shapes(request)
    assert bool(sent) == (pixels >= 784)
    assert pixels // 3 <= sum(w * h for w, h in sent) <= pixels or not sent


def test_an_answer_that_is_cut_off_says_at_what(run: Run, copied: Path) -> None:
    with ModelServer(lambda request: says("The total is", finish="length")) as server:
        answer = asked(run, server, copied)
        assert (
            answer["error"]["code"] == "vlm-cut"
            and "generation.max_tokens, which is 1024" in answer["error"]["reason"]
        )
        answer = asked(run, server, copied, TRIPTYCH_GENERATION__CONTEXT="3000")
        assert "may say 750 (not 1024, generation.max_tokens)" in answer["error"]["reason"]


def test_a_model_that_is_not_there_is_told_with_those_that_are(run: Run, copied: Path) -> None:
    with ModelServer(lambda request: fails(404, 'model "other" not found, try pulling it first')) as server:
        done = run("ask", QUESTION, "--model", f"openai:other@{server.url}", library=copied)
        assert done.returncode == 1 and "it has: tiny" in done.stderr and "--model" in done.stderr
    done = run("ask", QUESTION, "--model", "openai:good@", library=copied, OPENAI_API_KEY="x")
    assert done.returncode == 2 and "no URL behind the @" in done.stderr
