"""What every vision-language model must do. Subclass it in a test file and say how yours is loaded.

Nothing is asked of what it says: a tiny model with random weights passes, too.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from triptych.conformance.image_encoder import pictures
from triptych.errors import VlmError
from triptych.seams import Message, Reply, Vlm

QUESTION = (
    Message("system", ("You answer in one sentence.",)),
    Message("user", ("What is the total?",)),
)
TALK = (
    *QUESTION,
    Message("assistant", ("129.50",)),
    Message("user", ("[1] Invoice 1042\n", "Who sent it?")),
)


def drained(vlm: Vlm, messages: tuple[Message, ...], max_tokens: int = 8) -> tuple[list[str], Reply]:
    """All pieces of a stream, and what it returned."""
    pieces: list[str] = []
    stream = vlm.stream(messages, max_tokens=max_tokens)
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            return pieces, end.value


class VlmSuite:
    """Inherit it, implement `load`, run pytest."""

    counts = True  # tokens; False for a server that does not say how many it took

    def load(self) -> Vlm:
        """The model under test; the same object each time, if loading is slow."""
        raise NotImplementedError

    def looking(self) -> tuple[Message, ...]:
        """A question with a picture, or, for a model that takes none, without."""
        picture: tuple[np.ndarray, ...] = (pictures()[0],) if self.load().pictures else ()
        return (Message("user", ("Here is a page:", *picture, "What does it show?")),)

    def test_says_what_it_is(self) -> None:
        vlm = self.load()
        assert vlm.name and vlm.name == " ".join(vlm.name.split()) == self.load().name
        assert vlm.context >= 0 and vlm.pictures >= 0

    def test_the_pieces_are_the_reply(self) -> None:
        for messages in (QUESTION, TALK, self.looking()):
            pieces, reply = drained(self.load(), messages)
            assert "".join(pieces) == reply.text
            assert all(pieces)
            assert reply.finish in ("stop", "length", "refused")

    def test_tokens_are_counted(self) -> None:
        if not self.counts:
            pytest.skip("it does not count")
        _, short = drained(self.load(), QUESTION)
        _, long = drained(self.load(), TALK)
        assert 0 < short.tokens_in < long.tokens_in
        assert 0 < short.tokens_out <= 8

    def test_a_reply_of_one_token_is_cut(self) -> None:
        _, reply = drained(self.load(), QUESTION, 1)
        assert reply.tokens_out <= 1
        assert reply.finish == "length" or not reply.text

    def test_the_same_words_each_time(self) -> None:
        for messages in (QUESTION, self.looking()):
            assert drained(self.load(), messages) == drained(self.load(), messages)

    def test_a_stream_may_be_left(self) -> None:
        stream = self.load().stream(QUESTION, max_tokens=64)
        first = next(stream)
        stream.close()
        assert drained(self.load(), QUESTION, 64)[1].text.startswith(first)

    def test_many_threads_do_not_mix(self) -> None:
        asked = [(Message("user", (f"What is {i} times {i}?",)),) for i in range(6)]
        alone = [drained(self.load(), messages)[1] for messages in asked]
        with ThreadPoolExecutor(6) as pool:
            together = [*pool.map(lambda messages: drained(self.load(), messages)[1], asked)]
        assert [reply.text for reply in together] == [reply.text for reply in alone]

    def test_odd_signs_are_no_error(self) -> None:
        for text in ("\udcff\x00 odd \u200b signs", "<image> <|im_end|> [INST]", " "):
            assert isinstance(drained(self.load(), (Message("user", (text,)),))[1], Reply)

    def test_too_many_pictures_are_told(self) -> None:
        vlm = self.load()
        if vlm.pictures > 8:
            pytest.skip("it takes more pictures than a call has")
        some = tuple(np.zeros((32, 32, 3), np.uint8) for _ in range(vlm.pictures + 1))
        with pytest.raises(VlmError) as told:
            drained(vlm, (Message("user", (*some, "What is this?")),))
        assert told.value.code == "vlm-no-pictures"
