"""What calls cost: counted once for each, in any number of threads and processes, and stopped before the limit."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from model_server import DONE, HANGS, ModelServer, Scripted, event, fails, says, whole
from triptych.dialogue.cost import Ledger, Spent, Tariff, expected, text_tokens
from triptych.dialogue.generation import Asked, Vlms, fitted
from triptych.dialogue.replies import drained
from triptych.dialogue.stopping import Stop
from triptych.errors import LibraryError, UserError, VlmError
from triptych.seams import Message, Reply
from triptych.settings import CostSettings, GenerationSettings, Settings

ASK = (Message("user", ("What is the total?",)),)
TARIFF = Tariff(input=2.0, output=8.0)


def settings(server: ModelServer, **cost: float | int) -> Settings:
    made = CostSettings(input=2.0, output=8.0, **cost)  # type: ignore[arg-type]
    return Settings(vlm=f"openai:tiny@{server.url}", cost=made)


def until(true: Callable[[], object]) -> None:
    """Wait for what other threads bring about."""
    last = time.monotonic() + 20
    while not true():
        assert time.monotonic() < last, "it did not come about"
        time.sleep(0.01)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer(lambda request: says("129.50", tokens=(1000, 50))) as made:
        yield made


def test_a_call_is_booked_as_the_server_counted_it(server: ModelServer, tmp_path: Path) -> None:
    vlms = Vlms(settings(server), tmp_path)
    vlm = vlms.get()
    assert drained(vlm.stream(ASK, max_tokens=9)).text == "129.50"
    total = vlms.ledger.total()
    assert (total.calls, total.tokens_in, total.tokens_out) == (1, 1000, 50)
    assert total.money == pytest.approx((1000 * 2 + 50 * 8) / 1e6)
    assert 0 < total.seconds < 5
    assert replace(vlm.spent, seconds=0) == replace(total, seconds=0)


def test_each_purpose_and_each_user_of_a_model_has_an_account(server: ModelServer, tmp_path: Path) -> None:
    vlms = Vlms(settings(server), tmp_path)
    answering, captioning = vlms.get(), vlms.get(purpose="caption")
    for vlm in (answering, captioning, captioning):
        drained(vlm.stream(ASK, max_tokens=9))
    assert (answering.spent.calls, captioning.spent.calls) == (1, 2)
    assert [(p, m, s.calls) for p, m, s in vlms.ledger.by_model()] == [
        ("caption", "openai/tiny", 2),
        ("answer", "openai/tiny", 1),
    ]


def test_pictures_and_pixels_are_counted_as_they_are_sent(server: ModelServer, tmp_path: Path) -> None:
    large = np.zeros((3000, 1500, 3), np.uint8)
    vlms = Vlms(settings(server), tmp_path)
    drained(vlms.get().stream((Message("user", (large, "What?")),), max_tokens=9))
    total = vlms.ledger.total()
    assert (total.pictures, total.pixels) == (1, 1024 * 512)


def test_a_call_that_would_exceed_the_limit_is_not_made(server: ModelServer, tmp_path: Path) -> None:
    vlms = Vlms(settings(server, stop=0.01), tmp_path)
    answered = 0
    with pytest.raises(VlmError) as told:
        for _ in range(99):
            drained(vlms.get().stream(ASK, max_tokens=100))
            answered += 1
    assert told.value.code == "vlm-budget" and "cost.stop" in str(told.value)
    assert len(server.asked) == answered == 4  # 0.0024 each; with a fifth it would be 0.012
    vlms.close()
    with pytest.raises(VlmError):  # it is known to the next process, too
        drained(Vlms(settings(server, stop=0.01), tmp_path).get().stream(ASK, max_tokens=1000))
    assert len(server.asked) == answered


def test_the_limit_of_tokens(server: ModelServer, tmp_path: Path) -> None:
    vlm = Vlms(settings(server, stop_tokens=2000), tmp_path).get()
    drained(vlm.stream(ASK, max_tokens=100))
    with pytest.raises(VlmError) as told:
        drained(vlm.stream(ASK, max_tokens=940))
    assert told.value.code == "vlm-budget" and "cost.stop_tokens" in str(told.value)


def test_a_limit_without_prices_is_no_limit_and_told(server: ModelServer, tmp_path: Path) -> None:
    chosen = replace(settings(server), cost=CostSettings(stop=5.0))
    with pytest.raises(VlmError) as told:
        drained(Vlms(chosen, tmp_path).get().stream(ASK, max_tokens=9))
    assert told.value.code == "vlm-budget" and "cost.input" in str(told.value)
    assert server.asked == []


def test_those_who_ask_at_once_do_not_exceed_it_together(tmp_path: Path) -> None:
    with ModelServer(lambda request: says("a", tokens=(0, 100), pause=0.05)) as server:
        vlms = Vlms(settings(server, stop_tokens=1000), tmp_path)

        def ask(_: int) -> bool:
            try:
                drained(vlms.get().stream(ASK, max_tokens=100))
            except VlmError as error:
                assert error.code == "vlm-budget"
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            answered = sum(pool.map(ask, range(32)))
    assert 0 < answered <= 9
    assert vlms.ledger.total().tokens <= 1000


def test_processes_share_the_ledger(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from triptych.dialogue.cost import *\n"
        "ledger = Ledger(Path(sys.argv[1]), Tariff())\n"
        "for _ in range(100): ledger.settle(ledger.reserve('answer', 'm', Spent(1, 5)), Spent(1, 3, 2))"
    )
    path = tmp_path / "costs.sqlite"
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert Ledger(path, Tariff()).total() == Spent(300, 900, 600)


def test_a_failed_call_costs_nothing_and_a_broken_one_what_was_heard(tmp_path: Path) -> None:
    answers = [fails(400, "no"), Scripted([event("The "), event("to")])]
    with ModelServer(lambda request: answers.pop(0)) as server:
        vlms = Vlms(settings(server), tmp_path)
        for _ in range(2):
            with pytest.raises(VlmError):
                drained(vlms.get().stream(ASK, max_tokens=9))
    total = vlms.ledger.total()
    assert (total.calls, total.tokens_out) == (1, 2)
    assert total.tokens_in == expected(ASK, 9, TARIFF).tokens_in


def test_a_call_that_ran_out_of_time_is_booked_as_what_was_sent(tmp_path: Path) -> None:
    with ModelServer(lambda request: Scripted([1.0])) as server:
        chosen = replace(settings(server), generation=GenerationSettings(timeout=0.2))
        vlms = Vlms(chosen, tmp_path)
        with pytest.raises(VlmError) as told:
            drained(vlms.get().stream(ASK, max_tokens=9))
    total = vlms.ledger.total()
    assert told.value.code == "vlm-timeout"
    assert (total.calls, total.tokens_in, total.tokens_out) == (1, expected(ASK, 9, TARIFF).tokens_in, 0)


def test_each_attempt_that_a_server_may_charge_for_is_reserved_and_booked(tmp_path: Path) -> None:
    def respond(request: dict[str, object]) -> Scripted:
        return (
            Scripted([])
            if request["stream"]
            else whole("ok", usage={"prompt_tokens": 7, "completion_tokens": 1})
        )

    with ModelServer(respond) as server:
        vlms = Vlms(settings(server), tmp_path / "one")
        (tmp_path / "one").mkdir()
        assert drained(vlms.get().stream(ASK, max_tokens=9)).text == "ok"
        each = expected(ASK, 9, TARIFF)
        total = vlms.ledger.total()
        assert (total.calls, total.tokens_in, total.tokens_out) == (2, each.tokens_in + 7, 1)
        vlms = Vlms(settings(server, stop_tokens=each.tokens + each.tokens_in - 1), tmp_path)
        with pytest.raises(VlmError) as told:  # there is room for one attempt
            drained(vlms.get().stream(ASK, max_tokens=9))
        assert told.value.code == "vlm-budget" and len(server.asked) == 3


def test_a_server_that_fails_before_the_first_word_is_asked_again_and_paid_once(tmp_path: Path) -> None:
    busy = (
        b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    )
    sent = [Scripted([busy]), says("ok", tokens=(10, 1))]
    with ModelServer(lambda request: sent.pop(0)) as server:
        vlms = Vlms(settings(server), tmp_path)
        assert drained(vlms.get().stream(ASK, max_tokens=9)).text == "ok"
    assert (vlms.ledger.total().calls, vlms.ledger.total().tokens_in) == (1, 10)


def test_a_stream_that_was_left_is_booked(tmp_path: Path) -> None:
    with ModelServer(lambda request: says("a ", "b ", "c ", pause=0.01)) as server:
        vlms = Vlms(settings(server), tmp_path)
        stream = vlms.get().stream(ASK, max_tokens=9)
        assert next(stream) == "a "
        assert vlms.ledger.total().tokens_out == 9  # what was reserved
        stream.close()
    assert vlms.ledger.total().tokens_out == 1


@pytest.mark.parametrize(
    "begins",
    [[HANGS], [event("The "), HANGS], [event("<think>so"), HANGS]],
    ids=["silent", "said", "thinking"],
)
def test_a_model_is_stopped_where_it_waits(begins: list[bytes | None], tmp_path: Path) -> None:
    with ModelServer(lambda request: Scripted(begins)) as server:
        vlms, stop = Vlms(settings(server), tmp_path), Stop()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(drained, vlms.get(stop=stop).stream(ASK, max_tokens=9))
            until(lambda: server.asked)
            stop()
            with pytest.raises(VlmError) as told:
                asked.result(20)
        assert told.value.code == "vlm-stopped"
        assert server.left.get(timeout=20) and len(server.asked) == 1  # it was not tried again
        total = vlms.ledger.total()
        assert total.tokens_in == expected(ASK, 9, TARIFF).tokens_in and total.tokens_out < 9
        with pytest.raises(VlmError):
            drained(vlms.get(stop=stop).stream(ASK, max_tokens=9))
        assert len(server.asked) == 1
        server.respond = lambda request: says("ok")
        assert drained(vlms.get().stream(ASK, max_tokens=9)).text == "ok"
        assert server.asked[-1]["stream"]  # a silence that we ended is no empty stream


def test_a_wait_between_two_attempts_is_stopped_too(tmp_path: Path) -> None:
    with ModelServer(lambda request: fails(429, "slow down", Retry_After="50")) as server:
        stop = Stop()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(
                drained, Vlms(settings(server), tmp_path).get(stop=stop).stream(ASK, max_tokens=9)
            )
            until(lambda: server.asked)
            stop()
            with pytest.raises(VlmError) as told:
                asked.result(20)
    assert told.value.code == "vlm-stopped"


def test_what_a_killed_process_reserved_does_not_count_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "costs.sqlite"
    ledger = Ledger(path, Tariff())
    dead, slow = (ledger.reserve("answer", "m", Spent(1, 5)) for _ in range(2))
    assert ledger.total() == Spent(2, 10)
    with closing(sqlite3.connect(path)) as there, there:
        there.execute("update reserved set at = at - 4000")
    assert ledger.total() == Spent()
    ledger.settle(slow, Spent(1, 3))
    assert ledger.total() == Spent(1, 3) and dead != slow


def test_a_ledger_of_before_reservations_had_a_time_is_read(tmp_path: Path) -> None:
    path = tmp_path / "costs.sqlite"
    Ledger(path, Tariff()).reserve("answer", "m", Spent(1, 5))
    with closing(sqlite3.connect(path)) as there, there:
        there.execute("alter table reserved drop column at")
    ledger = Ledger(path, Tariff())
    assert ledger.total() == Spent()
    ledger.settle(ledger.reserve("answer", "m", Spent(1, 5)), Spent(1, 3))
    assert ledger.total() == Spent(1, 3)


def test_a_server_that_counts_nothing_is_counted_by_us(tmp_path: Path) -> None:
    with ModelServer(lambda request: Scripted([event("a"), event("b", "stop"), DONE])) as server:
        vlms = Vlms(settings(server), tmp_path)
        drained(vlms.get().stream(ASK, max_tokens=9))
    assert vlms.ledger.total().tokens_out == 2
    assert vlms.ledger.total().tokens_in == expected(ASK, 9, TARIFF).tokens_in


def test_a_busy_server_is_asked_again_and_paid_once(tmp_path: Path) -> None:
    answers = [fails(429, "slow down"), fails(503, "loading"), says("ok", tokens=(10, 1))]
    with ModelServer(lambda request: answers.pop(0)) as server:
        vlms = Vlms(settings(server), tmp_path)
        assert drained(vlms.get().stream(ASK, max_tokens=9)).text == "ok"
        assert len(server.asked) == 3
    assert vlms.ledger.total().calls == 1


@pytest.mark.parametrize(("answer", "asked"), [(fails(429, "slow down"), 3), (fails(400, "no"), 1)])
def test_it_is_asked_so_often_as_is_set_and_only_where_that_may_help(
    answer: Scripted, asked: int, tmp_path: Path
) -> None:
    with ModelServer(lambda request: answer) as server:
        chosen = replace(settings(server), generation=GenerationSettings(retries=2))
        with pytest.raises(VlmError):
            drained(Vlms(chosen, tmp_path).get().stream(ASK, max_tokens=9))
        assert len(server.asked) == asked


def test_what_was_given_out_is_never_said_twice(tmp_path: Path) -> None:
    with ModelServer(lambda request: Scripted([event("The ")])) as server:
        stream = Vlms(settings(server), tmp_path).get().stream(ASK, max_tokens=9)
        assert next(stream) == "The "
        with pytest.raises(VlmError):
            next(stream)
        assert len(server.asked) == 1


def test_a_broken_beginning_is_begun_anew(tmp_path: Path) -> None:
    answers = [Scripted([], 200, {"Content-Length": "99"}), says("ok")]
    with ModelServer(lambda request: answers.pop(0)) as server:
        assert drained(Vlms(settings(server), tmp_path).get().stream(ASK, max_tokens=9)).text == "ok"


def test_several_questions_at_once_come_back_in_order(tmp_path: Path) -> None:
    def respond(request: dict[str, list[dict[str, str]]]) -> Scripted:
        return says(request["messages"][0]["content"], pause=0.01)

    with ModelServer(respond) as server:
        vlms = Vlms(settings(server), tmp_path)
        asked = [(Message("user", (f"q{i}",)),) for i in range(20)]
        replies = vlms.get().replies(asked, max_tokens=9)
    assert [reply.text for reply in replies] == [f"q{i}" for i in range(20)]
    assert vlms.ledger.total().calls == 20


@pytest.mark.parametrize(
    ("pieces", "heard"),
    [
        (["The total", " is 1."], ["The total", " is 1."]),
        (["<think>", "hm", "</think>", "\n\nYes", "."], ["Yes", "."]),
        (["<", "thi", "nk>hm</thi", "nk>Yes."], ["Yes."]),
        ([" ", "<think>a</think>"], []),
        (["<think>never", " ending"], []),
        (["<", "b", ">"], ["<b", ">"]),
        (["<thi"], ["<thi"]),
        (["a <think> b </think> c"], ["a <think> b </think> c"]),
    ],
)
def test_thoughts_are_left_out(pieces: list[str], heard: list[str], tmp_path: Path) -> None:
    with ModelServer(lambda request: says(*pieces)) as server:
        stream = Vlms(settings(server), tmp_path).get().stream(ASK, max_tokens=9)
        found: list[str] = []
        while True:
            try:
                found.append(next(stream))
            except StopIteration as end:
                reply: Reply = end.value
                break
    assert found == heard and reply.text == "".join(heard)


class Batching:
    """A model that takes many questions at once, as those in this process do."""

    name, context, pictures = "batching", 0, 0

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Reply]:
        yield "x"
        return Reply("x", "stop", 5, 1)

    def replies(self, asked: Sequence[Sequence[Message]], *, max_tokens: int) -> list[Reply]:
        return [Reply("x", "stop", 5, 1) for _ in asked]


def test_a_batch_is_reserved_and_booked_as_one(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "costs.sqlite", Tariff(stop_tokens=500))
    vlm = Asked(Batching(), ledger, GenerationSettings(), "caption")
    assert len(vlm.replies([ASK] * 10, max_tokens=10)) == 10
    assert (vlm.spent.calls, vlm.spent.tokens_in, vlm.spent.tokens_out) == (10, 50, 10)
    with pytest.raises(VlmError):
        vlm.replies([ASK] * 50, max_tokens=10)
    assert ledger.total().calls == 10


def test_no_model_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="vlm = "):
        Vlms(Settings(), tmp_path).get()


def test_a_model_is_loaded_once(server: ModelServer, tmp_path: Path) -> None:
    vlms = Vlms(settings(server), tmp_path)
    found: list[Asked] = []
    threads = [threading.Thread(target=lambda: found.append(vlms.get())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(vlm._vlm) for vlm in found}) == 1


def test_nothing_is_written_before_the_first_call(server: ModelServer, tmp_path: Path) -> None:
    vlms = Vlms(settings(server), tmp_path)
    vlms.get()
    assert vlms.ledger.total() == Spent() and vlms.ledger.by_model() == []
    assert [*tmp_path.iterdir()] == []


def test_a_damaged_ledger_is_told(server: ModelServer, tmp_path: Path) -> None:
    (tmp_path / "costs.sqlite").write_bytes(b"no database, " * 100)
    with pytest.raises(LibraryError, match=r"costs\.sqlite"):
        drained(Vlms(settings(server), tmp_path).get().stream(ASK, max_tokens=9))


def test_the_context_is_what_is_set_or_said_or_a_cautious_guess(server: ModelServer, tmp_path: Path) -> None:
    vlms = Vlms(settings(server), tmp_path)
    vlm = vlms.get()
    assert vlm.context == 8192
    vlms._loaded[settings(server).vlm].context = 4096
    assert vlm.context == 4096
    chosen = replace(settings(server), generation=GenerationSettings(context=2048, pictures=3))
    vlm = Vlms(chosen, tmp_path).get()
    assert (vlm.context, vlm.pictures) == (2048, 3)


@hypothesis(deadline=None, max_examples=40)
@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 2000))
def test_pictures_keep_their_shape_and_fit(height: int, width: int, side: int) -> None:
    found = fitted(np.zeros((height, width, 3), np.uint8), side)
    assert max(found.shape[:2]) <= max(side, 28) and min(found.shape[:2]) >= 28 and found.dtype == np.uint8
    assert max(found.shape[:2]) <= 100 * (min(found.shape[:2]) + 1)
    if max(height, width) <= side:
        assert found.shape == (max(28, height, width // 100), max(28, width, height // 100), 3)
    elif min(found.shape[:2]) > 28:
        assert found.shape[0] / found.shape[1] == pytest.approx(height / width, rel=0.06)


@given(st.text(max_size=300))
def test_texts_are_not_estimated_at_nothing(text: str) -> None:
    assert text_tokens(text) >= len(text) / 3
