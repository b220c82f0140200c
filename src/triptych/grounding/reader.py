"""The answerer with a model: evidence packed, asked about in as few calls as will do, every sentence checked.

    Reader(vlm, prompts, ...).answer(question, hits, pages) -> tokens and citations; returns an Answer

A model that takes no picture, fewer than it was thought to, or less in all, is asked again with what it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from triptych.dialogue.cost import text_tokens
from triptych.dialogue.events import Cited, Token
from triptych.dialogue.generation import fitted, shrunk
from triptych.dialogue.replies import drained, sound
from triptych.errors import VlmError
from triptych.grounding import distrust
from triptych.grounding.check import SEEN, UNSUPPORTED, Checker, Item, context
from triptych.grounding.orders import addressed
from triptych.grounding.packing import Budget, Packed, Round, Wanted, believed, pixels_for, planned, sized
from triptych.grounding.prompting import Model, Prompts, new_fence
from triptych.grounding.sentences import sentences
from triptych.grounding.sheet import Sheet
from triptych.grounding.speak import Speaker, noted
from triptych.grounding.tables import Rows
from triptych.seams import Message, Reply
from triptych.settings import AnswerSettings, GenerationSettings
from triptych.types import Answer, Hit, Page
from triptych.words import terms

Drawn = list[tuple[Wanted, np.ndarray]]
Draw = Callable[[Hit, Page, Sequence[Wanted]], Drawn]  # uint8 (h, w, 3) RGB of what can be drawn
NOTHING = "The pages that were found do not answer this."
NOT_THERE = "What the model said does not stand on the pages that were found."
_LEAST = 256  # tokens of evidence that a call holds at least
_FRAME = 64  # tokens around the evidence
_TOO_MUCH = ("vlm-no-pictures", "vlm-context")  # failures of a call from which is learnt what a model takes
_WORD = 8  # tokens of yes or no
_TOGETHER = 4  # pages drawn at once


@dataclass(frozen=True)
class Reader:
    """Answers one question at a time with `vlm`; safe for threads."""

    vlm: Model
    prompts: Prompts
    settings: AnswerSettings
    generation: GenerationSettings
    draw: Draw

    def answer(
        self, question: str, hits: Sequence[Hit], pages: Sequence[Page]
    ) -> Generator[Token | Cited, None, Answer]:
        """Sentences that hold, as they come; returns the whole. Raises VlmError: what was told before then holds,
        but is not all of it."""
        while True:
            took = self.vlm.pictures, self.vlm.context
            answering = self._answer(_Asked(question, hits, pages, self._budget(question)))
            try:
                first = next(answering)
            except StopIteration as end:
                whole: Answer = end.value
                return whole
            except VlmError as error:
                less = self.vlm.pictures < took[0] or self.vlm.context < took[1]
                if error.code not in _TOO_MUCH or not less or self._left(question) < _LEAST:
                    raise
                continue
            yield first
            return (yield from answering)

    def _answer(self, asked: _Asked) -> Generator[Token | Cited, None, Answer]:
        rounds = planned(asked.hits, asked.pages, terms.parse(asked.question), asked.budget)
        items = asked.items({w.number for r in rounds for w in r.wanted})
        speaker = Speaker(items, asked.numbered, asked.question, self.settings.unsupported, self._doubted())
        if len(rounds) == 1:
            yield from self._told(speaker, self._messages(asked, rounds[0]))
        else:
            notes = [self._notes(asked, share, items) for share in rounds]
            found = [note for note in notes if note]
            if len(found) == 1:
                for note in found[0]:
                    yield from speaker.sentence(note)
            elif found:
                yield from self._told(
                    speaker, self.prompts.merge(asked.question, [n for f in found for n in f])
                )
        if lacking := _lacking(speaker):
            yield Token(lacking)
        return self._whole(asked, speaker, len(rounds) + (len(rounds) > 1))

    def _told(self, speaker: Speaker, messages: Sequence[Message]) -> Generator[Token | Cited, None, None]:
        with closing(self._stream(messages)) as stream:
            reply = yield from speaker.tell(stream)
        self._sound(reply)

    def _notes(self, asked: _Asked, share: Round, items: Mapping[int, Item]) -> list[str]:
        """What one of several rounds says that holds, under the numbers of the items."""
        reply = drained(self._stream(self._messages(asked, share)))
        checker, rows = Checker(items, asked.question), Rows()
        said = (rows.sentence(s) for s in sentences(self._sound(reply)))
        return [note for s in said if s and (note := noted(checker.sentence(s)))]

    def _stream(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        return self.vlm.stream(messages, max_tokens=self._longest)

    def _sound(self, reply: Reply) -> str:
        """The text of a whole reply. Raises VlmError."""
        longest, wanted = self._longest, self.generation.max_tokens
        if longest == wanted:
            return sound(reply, self.vlm.name, f"Raise generation.max_tokens, which is {wanted}.")
        return sound(
            reply,
            self.vlm.name,
            f"It may say {longest} (not {wanted}, generation.max_tokens), as question and answer have {self.vlm.context} "
            "together. Set a vlm that takes more.",
        )

    @property
    def _longest(self) -> int:
        """Tokens of a reply: what is set, or less where the model takes little in all."""
        return min(self.generation.max_tokens, max(64, self.vlm.context // 4))

    def _budget(self, question: str) -> Budget:
        left = self._left(question)
        if left < _LEAST:
            raise VlmError(
                "vlm-context",
                f"The model {self.vlm.name} takes {self.vlm.context} tokens, which leaves no room for evidence. "
                "Ask a shorter question, lower generation.max_tokens, or set another vlm.",
            )
        tokens = min(self.settings.tokens, left)
        pixels = min(self.settings.pixels, pixels_for(tokens // 2))  # words get half of it at least
        return Budget(tokens, self.vlm.pictures, pixels, self.generation.side)

    def _left(self, question: str) -> int:
        """Tokens that the model has for evidence, beside our rules, the question and the answer."""
        rules = self.prompts.say("system", fence=new_fence()) + self.prompts.say(
            "question", question=question
        )
        return self.vlm.context - self._longest - text_tokens(rules) - _FRAME

    def _messages(self, asked: _Asked, share: Round) -> tuple[Message, ...]:
        return self.prompts.ask(asked.question, self._pictured(asked, share))

    def _pictured(self, asked: _Asked, share: Round) -> list[Packed]:
        """The items of a round with their pictures, all of them within the budget of pixels."""
        if not share.wanted:
            return list(share.items)
        by_item = {n: [w for w in share.wanted if w.number == n] for n in {w.number for w in share.wanted}}
        with ThreadPoolExecutor(_TOGETHER, "triptych-draw") as pool:
            drawn = pool.map(lambda n: self.draw(asked.numbered[n], asked.page(n), by_item[n]), by_item)
            pictures = [(w, fitted(picture, w.side)) for found in drawn for w, picture in found]
        sizes = sized([(p.shape[0], p.shape[1]) for _, p in pictures], asked.budget.pixels)
        resized = [(w, shrunk(p, size)) for (w, p), size in zip(pictures, sizes, strict=True)]
        return [
            replace(item, pictures=tuple((w.kind, p) for w, p in resized if w.number == item.number))
            for item in share.items
        ]

    def _doubted(self) -> Callable[[str, str], bool] | None:
        """The second opinion, where it is wanted: whether a passage does not say what a sentence says."""
        if not self.settings.entailment:
            return None

        def doubted(passage: str, statement: str) -> bool:
            reply = drained(self.vlm.stream(self.prompts.entails(passage, statement), max_tokens=_WORD))
            return not reply.text.strip().casefold().startswith("yes")

        return doubted

    def _whole(self, asked: _Asked, speaker: Speaker, rounds: int) -> Answer:
        warnings = [told for hit, page in asked.known if (told := distrust.warning(hit, page))]
        if speaker.left_out:
            count = len(speaker.left_out)
            which = "A sentence" if count == 1 else f"{count} sentences"
            why = "; ".join(dict.fromkeys(speaker.left_out))
            warnings.insert(0, f"{which} of the model {'was' if count == 1 else 'were'} left out: {why}.")
        if any(s.status == SEEN for s in speaker.statements):
            warnings.append("Some of this was seen in a picture, where there are no words to check it by.")
        lacking = _lacking(speaker)
        return Answer(
            asked.question,
            speaker.said + lacking,
            speaker.value,
            abstained=bool(lacking),
            model=self.vlm.name,
            citations=tuple(speaker.citations),
            warnings=tuple(warnings),
            statements=tuple(speaker.statements),
            rounds=rounds,
        )


def _lacking(speaker: Speaker) -> str:
    """What is told where nothing that the model said is supported; behind the sentences that are marked as such."""
    if any(s.status != UNSUPPORTED for s in speaker.statements):
        return ""
    if speaker.said:
        return f" {NOT_THERE}"
    return NOT_THERE if speaker.left_out else NOTHING


@dataclass(frozen=True)
class _Asked:
    """A question with the pages that may answer it; items are numbered from 1 in their order."""

    question: str
    hits: Sequence[Hit]
    pages: Sequence[Page]
    budget: Budget

    @property
    def known(self) -> list[tuple[Hit, Page]]:
        return list(zip(self.hits, self.pages, strict=True))

    @property
    def numbered(self) -> dict[int, Hit]:
        return dict(enumerate(self.hits, 1))

    def page(self, number: int) -> Page:
        return self.pages[number - 1]

    def items(self, pictured: Collection[int]) -> dict[int, Item]:
        """What sentences are checked against."""
        found = {}
        for number, (hit, page) in enumerate(self.known, 1):
            beside = [believed(p) for h, p in self.known if h.asset == hit.asset and p.number != page.number]
            spans = [(d.start, d.end) for d in distrust.doubts(page)]
            names = [t for t in (hit.title, hit.source, hit.section, hit.caption) if not addressed(t)]
            said = context(page, *names, *beside)
            found[number] = Item(number, Sheet(page, spans), said, number in pictured)
        return found
