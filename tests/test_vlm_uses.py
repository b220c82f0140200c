"""What a vision-language model is asked for beside answers: captions and grades, in a library and on the command line."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import triptych
from conftest import FILES, Run
from model_server import ModelServer, Scripted, fails, pictures, says, words
from triptych import plugins
from triptych.conformance.captioner import CaptionerSuite
from triptych.conformance.reranker import PageRerankerSuite, RerankerSuite
from triptych.dialogue.cost import Spent
from triptych.dialogue.generation import Asked, Vlms
from triptych.doctor import examine, report_text
from triptych.errors import LibraryError, ModelError, UserError, VlmError
from triptych.seams import Captioner, PageReranker, Reranker, Seen
from triptych.settings import GenerationSettings, Settings
from triptych.types import Box

PICTURE = np.full((60, 80, 3), 200, np.uint8)


def describes(request: dict[str, Any]) -> Scripted:
    """Three lines that depend on the picture."""
    seen = hashlib.sha256("".join(pictures(request)).encode()).hexdigest()[:6]
    return says(
        f"Short: A lake {seen}\n",
        "Detailed: Two red boats lie at a pier.\n",
        "Look: Blue below.",
        tokens=(900, 40),
    )


def grades(request: dict[str, Any]) -> Scripted:
    """A number that depends on the passage or the page, and on the question."""
    seen = "".join([words(request), *pictures(request)])
    return says(str(int(hashlib.sha256(seen.encode()).hexdigest(), 16) % 11))


def asked(server: ModelServer, folder: Path, purpose: str = "caption", pictures: int = 8) -> Asked:
    chosen = Settings(vlm=f"openai:tiny@{server.url}", generation=GenerationSettings(pictures=pictures))
    return Vlms(chosen, folder).get(purpose=purpose)


def grader(server: ModelServer, folder: Path) -> Reranker:
    """One that reads, as the model is given no pictures."""
    made: Reranker = plugins.load("rerankers", "vlm", vlm=asked(server, folder, "rerank", 0))
    return made


@pytest.fixture(scope="module")
def describing() -> Iterator[ModelServer]:
    with ModelServer(describes) as server:
        yield server


@pytest.fixture(scope="module")
def grading() -> Iterator[ModelServer]:
    with ModelServer(grades) as server:
        yield server


class TestCaptioner(CaptionerSuite):
    @pytest.fixture(autouse=True)
    def _loaded(self, describing: ModelServer, tmp_path: Path) -> None:
        self.made = plugins.load("captioners", "vlm", vlm=asked(describing, tmp_path))

    def load(self) -> Captioner:
        return self.made  # type: ignore[no-any-return]


class TestReranker(RerankerSuite):
    @pytest.fixture(autouse=True)
    def _loaded(self, grading: ModelServer, tmp_path: Path) -> None:
        self.made = grader(grading, tmp_path)

    def load(self) -> Reranker:
        return self.made


class TestPageReranker(PageRerankerSuite):
    @pytest.fixture(autouse=True)
    def _loaded(self, grading: ModelServer, tmp_path: Path) -> None:
        self.made = plugins.load("rerankers", "vlm", vlm=asked(grading, tmp_path, "rerank"))

    def load(self) -> PageReranker:
        return self.made  # type: ignore[no-any-return]


# ------------------------------------------------------------------------------------- captions


def said(text: str, tmp_path: Path, finish: str = "stop") -> tuple[str, ...]:
    """The captions that come of what a model says."""
    with ModelServer(lambda request: says(text, finish=finish)) as server:
        captioner: Captioner = plugins.load("captioners", "vlm", vlm=asked(server, tmp_path))
        return captioner.captions([Seen(PICTURE, None, "", "a.png", "")])[0]


@pytest.mark.parametrize(
    ("text", "captions"),
    [
        ("Short: A boat.\nDetailed: Two red boats at a pier.\nLook: Red on blue.",
         ("A boat.", "Two red boats at a pier.", "Red on blue.")),
        ("**Short:** A boat.\n\n- **Detailed**: Two red boats.\n", ("A boat.", "Two red boats.")),
        ("1. A boat.\n2. Two red boats.\n3) Red on blue.\n4. More.", ("A boat.", "Two red boats.", "Red on blue.")),
        ("A boat at a pier", ("A boat at a pier",)),
        ("Short: A boat.\nDetailed: A boat.\nLook: Red.", ("A boat.", "Red.")),
        ("Short: See https://evil.example/x?d=1 <img src=x> now", ("See now",)),
        ("Total: 129.50 euro", ("Total: 129.50 euro",)),
        ("3 boats lie there", ("3 boats lie there",)),
        (" \n", ()),
    ],
)  # fmt: skip
def test_captions_are_the_lines_of_a_reply(text: str, captions: tuple[str, ...], tmp_path: Path) -> None:
    assert said(text, tmp_path) == captions


def test_a_half_line_is_left_out(tmp_path: Path) -> None:
    assert said("Short: A boat.\nDetailed: Two red bo", tmp_path, "length") == ("A boat.",)


def test_a_refused_picture_is_passed_over(tmp_path: Path) -> None:
    assert said("I will not", tmp_path, "content_filter") == ()


def test_a_server_that_is_away_is_no_caption(tmp_path: Path) -> None:
    with ModelServer(lambda request: fails(401, "no")) as server:
        captioner = plugins.load("captioners", "vlm", vlm=asked(server, tmp_path))
        with pytest.raises(VlmError):
            captioner.captions([Seen(PICTURE, None, "", "a.png", "")])


def test_the_picture_stands_before_the_prompt(describing: ModelServer, tmp_path: Path) -> None:
    captioner = plugins.load("captioners", "vlm", vlm=asked(describing, tmp_path))
    captioner.captions([Seen(PICTURE, None, "", "a.png", "words that were read")])
    system, user = describing.asked[-1]["messages"]
    assert system["role"] == "system" and [part["type"] for part in user["content"]] == ["image_url", "text"]
    assert "words that were read" not in json.dumps(user)


@pytest.fixture(scope="module")
def seen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three pictures."""
    source = tmp_path_factory.mktemp("in")
    for name in ("lake.jpg", "rainfall-chart.png", "invoice-1042.pdf"):
        shutil.copy(FILES / name, source)
    folder = tmp_path_factory.mktemp("made") / "library"
    with triptych.open(folder, settings={"ocr.engine": "none", "captioner": "none"}) as library:
        library.add(source)
    return folder


@pytest.fixture
def three(seen_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seen_folder, tmp_path / "library"))


def test_parts_of_pages_are_drawn_once_each_of_its_own_size(three: Path) -> None:
    whole, part, other = Box(0.0, 0.0, 1.0, 1.0), Box(0.1, 0.1, 0.6, 0.5), Box(0.5, 0.5, 1.0, 1.0)
    with triptych.open(three) as library:
        hit = next(h for h in library.search("invoice 1042").hits if h.kind == "pdf")
        page = library.catalog.pages_at([(hit.asset, hit.collection, hit.page)])[0]
        first = library.pictures.parts(hit, page, [(part, 300), (whole, 128)])
        assert [max(first[box].shape) for box in (part, whole)] == [pytest.approx(300, abs=1), 128]
        again = library.pictures.parts(hit, page, [(other, 200), (whole, 128), (part, 300)])
        assert again[whole] is first[whole] and again[part] is first[part]
        assert not any(pixels.flags.writeable for pixels in again.values())
        assert max(library.pictures.parts(hit, page, [(whole, 256)])[whole].shape) == 256
        gone = replace(hit, asset="ab" * 32)
        with pytest.raises(LibraryError):
            library.pictures.parts(gone, page, [(whole, 128)])


def options(server: ModelServer, **more: object) -> dict[str, object]:
    return {
        "captioner": "vlm",
        "vlm": f"openai:tiny@{server.url}",
        "cost.input": 2.0,
        "cost.output": 8.0,
        **more,
    }


def test_pages_are_described_and_found_and_the_cost_is_known(describing: ModelServer, three: Path) -> None:
    with triptych.open(three, settings=options(describing)) as library:
        work = library.describing()
        assert work.pages == 3
        assert work.each.tokens_in > 500 and work.each.pictures == 1
        assert all(event.error is None for event in work.events)
        assert library.search("two red boats", signals=["caption"])
        [page] = library.show(next(a["asset"] for a in library.list() if "lake" in a["sources"][0]))["pages"]
        caption = page["captions"][0]
        assert (caption["origin"], caption["model"], caption["style"]) == (
            "vlm",
            "openai/tiny prompt 1",
            "short",
        )
        assert "three lines" in caption["prompt"]
        total = library.vlms.ledger.total()
        assert (total.calls, total.tokens_in, total.pictures) == (3, 2700, 3)
        again = library.describing(again=True)
        assert (again.pages, again.each.tokens_in, again.each.tokens_out) == (3, 900, 40)  # as it was so far
        assert library.describing().pages == 0
        assert library.verify()["ok"]


def test_another_model_than_the_one_that_answers(describing: ModelServer, three: Path) -> None:
    chosen = options(describing) | {"vlm": "extractive", "captioner": f"vlm:openai:other@{describing.url}"}
    with triptych.open(three, settings=chosen) as library:
        next(library.describing().events)
        assert library.vlms.ledger.by_model()[0][:2] == ("caption", "openai/other")


def test_no_model_at_all_is_told(three: Path) -> None:
    with (
        triptych.open(three, settings={"captioner": "vlm"}) as library,
        pytest.raises(UserError, match="vlm = "),
    ):
        library.describing()


def test_adding_asks_no_model(describing: ModelServer, tmp_path: Path) -> None:
    asked_before = len(describing.asked)
    with triptych.open(
        tmp_path / "library", settings=options(describing, **{"ocr.engine": "none"})
    ) as library:
        library.add(FILES / "lake.jpg")
    assert len(describing.asked) == asked_before


def test_a_limit_ends_the_run_and_keeps_what_was_done(describing: ModelServer, three: Path, run: Run) -> None:
    (three / "triptych.toml").write_text(
        f'captioner = "vlm"\nvlm = "openai:tiny@{describing.url}"\n'
        "[cost]\ninput = 2.0\noutput = 8.0\nstop = 0.000001\n[ocr]\nengine = \"none\"\n", "utf-8"
    )  # fmt: skip
    done = run("caption", library=three)
    assert done.returncode == 1 and "cost.stop" in done.stderr and "Traceback" not in done.stderr
    assert "3 of 3 pages to describe, about " in done.stderr and "ends it after about 0 pages" in done.stderr
    assert done.stdout == ""
    done = run("caption", library=three, TRIPTYCH_COST__STOP="1.0")
    assert done.returncode == 0 and done.stdout.count("described") == 3
    assert "USD" in done.stderr


def caption(run: Run, library: Path, server: ModelServer, *words: str, **env: str) -> tuple[int, str, str]:
    """(status, standard output, standard error) of `triptych caption` by a model of `server`."""
    done = run("caption", "--captioner", f"vlm:openai:tiny@{server.url}", *words, library=library,
               **{"TRIPTYCH_OCR__ENGINE": "none", **env})  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


PRICES = {"TRIPTYCH_COST__INPUT": "5", "TRIPTYCH_COST__OUTPUT": "15"}


def test_what_was_paid_for_at_a_limit_is_kept(three: Path, run: Run) -> None:
    with ModelServer(describes) as server:
        # A page costs 0.0051 and is thought to cost twice that before: after two, a third has no room.
        status, said, why = caption(run, three, server, **PRICES, TRIPTYCH_COST__STOP="0.02")
        assert (status, said.count("described")) == (1, 2) and "cost.stop" in why
        assert len(server.asked) == 2
        status, said, why = caption(run, three, server, **PRICES, TRIPTYCH_COST__STOP="0.02")
        assert (status, said) == (1, "") and "1 of 1 pages to describe" in why
        assert len(server.asked) == 2
        status, said, _ = caption(run, three, server, **PRICES, TRIPTYCH_COST__STOP="0.03")
        assert (status, said.count("described")) == (0, 1)


def test_what_a_model_said_of_other_pages_is_kept_when_it_fails(three: Path, run: Run) -> None:
    answers = [fails(400, "something odd")]
    with ModelServer(lambda request: answers.pop() if answers else describes(request)) as server:
        status, said, why = caption(run, three, server)
        assert (status, said.count("described")) == (1, 2) and "something odd" in why
        assert caption(run, three, server)[1].count("described") == 1
        assert len(server.asked) == 4


def test_no_more_pages_are_asked_about_than_are_wanted(three: Path, run: Run) -> None:
    with ModelServer(describes) as server:
        status, said, _ = caption(run, three, server, "--limit", "2")
        assert (status, said.count("described"), len(server.asked)) == (0, 2, 2)


def test_a_page_of_which_a_model_says_nothing_is_not_asked_about_again(three: Path, run: Run) -> None:
    with ModelServer(lambda request: says("I will not", finish="content_filter")) as server:
        seen = [caption(run, three, server, "--limit", "2")[1] for _ in range(3)]
        assert [said.count("(nothing to say)") for said in seen] == [2, 1, 0]
        assert len(server.asked) == 3
        assert json.loads(run("verify", "--json", library=three).stdout)["ok"]
        assert caption(run, three, server, "--again")[1].count("(nothing to say)") == 3
    with ModelServer(describes) as server:
        other = ("--captioner", f"vlm:openai:other@{server.url}")
        assert caption(run, three, server, *other)[1].count("described") == 3  # it has not been asked
    with ModelServer(lambda request: says("I will not", finish="content_filter")) as server:
        assert caption(run, three, server, "--again")[1].count("(nothing to say)") == 3
    with triptych.open(three) as library:
        assert library.search("two red boats", signals=["caption"])  # nothing was said in place of that


def test_the_estimate_is_at_the_prices_of_now(describing: ModelServer, three: Path, run: Run) -> None:
    caption(run, three, describing)
    priced = {**PRICES, "TRIPTYCH_COST__STOP": "0.000001"}
    status, _, said = caption(run, three, describing, "--again", **priced)
    assert status == 1 and "2,700 tokens in and 120 out, 0.02 USD" in said
    assert "the limit ends it after about 0 pages" in said


def test_a_model_that_sees_nothing_describes_nothing(three: Path, run: Run) -> None:
    with ModelServer(lambda request: fails(400, "this model does not support image input")) as server:
        status, said, why = caption(run, three, server)
        assert (status, said) == (1, "") and "cannot see pictures" in why and "captioner = " in why
        status, _, why = caption(run, three, server, TRIPTYCH_GENERATION__PICTURES="0")
        assert status == 1 and "generation.pictures" in why


# ------------------------------------------------------------------------------------- grades


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("7", 7),
        ("10", 10),
        ("Grade: 3/10", 3),
        ("**8**", 8),
        ("0", 0),
        ("129.50 is there", -1),
        ("none", -1),
        ("", -1),
    ],
)
def test_a_grade_is_the_first_number_from_0_to_10(text: str, grade: float, tmp_path: Path) -> None:
    def respond(request: dict[str, Any]) -> Scripted:
        return says("5") if "second" in words(request) else says(text)

    with ModelServer(respond) as server:
        assert grader(server, tmp_path).scores("q", ["first", "second"]).tolist() == [grade, 5]


def test_no_grade_at_all_is_an_error(tmp_path: Path) -> None:
    with ModelServer(lambda request: says("I cannot say")) as server, pytest.raises(ModelError):
        grader(server, tmp_path).scores("q", ["first", "second"])


def test_a_model_that_turns_out_to_take_no_pictures_reads(copied: Path) -> None:
    def respond(request: dict[str, Any]) -> Scripted:
        if pictures(request):
            return fails(400, "this model does not support image input")
        return says("9" if "INV-1043" in words(request).split("Question:")[0] else "1")

    with ModelServer(respond) as server:
        chosen = options(server, **{"rerank.model": "vlm", "rerank.depth": 3})
        with triptych.open(copied, settings=chosen) as library:
            first, second = (library.search("invoice total") for _ in range(2))
    assert [hit.page for hit in first] == [hit.page for hit in second]
    assert "1043" in first[0].source and first[0].rerank is not None and not first.warnings
    assert first.cost["calls"] == second.cost["calls"] == 3  # each search has an account of its own


def test_a_search_is_ranked_by_grades(made: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(made, tmp_path / "library"))

    def respond(request: dict[str, Any]) -> Scripted:
        return says("9" if "kitchen" in words(request).split("Question:")[0] else "1")

    with ModelServer(respond) as server:
        chosen = {
            "rerank.model": "vlm",
            "vlm": f"openai:tiny@{server.url}",
            "rerank.depth": 6,
            "generation.pictures": 0,
        }
        with triptych.open(copied, settings=chosen) as library:
            hits = library.search("invoice boat kitchen stock")
            assert "kitchen" in hits[0].source and hits[0].rerank is not None
            assert hits[0].rerank.model == "vlm:openai/tiny"
            spent = library.vlms.ledger.total()
    assert spent.calls == len(server.asked) <= 6 and spent != Spent()


def test_a_search_is_ranked_by_what_pages_look_like(three: Path) -> None:
    sent: list[str] = []

    def respond(request: dict[str, Any]) -> Scripted:
        [uri] = pictures(request)
        sent.append(uri)
        seen = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))
        return says(
            "9" if seen.mean(axis=(0, 1)).argmax() == 2 and np.ptp(seen.mean(axis=(0, 1))) > 8 else "1"
        )

    with ModelServer(respond) as server:
        chosen = options(server, **{"rerank.model": "vlm", "captioner": "none"})
        with triptych.open(three, settings=chosen) as library:
            hits = library.search("total of the invoice")
            assert {hit.rerank.score for hit in hits if hit.rerank} <= {1.0, 9.0}
            assert [hit.rerank.score for hit in hits if hit.rerank] == sorted(
                (hit.rerank.score for hit in hits if hit.rerank), reverse=True
            )
            assert 0 < len(sent) <= 3 and library.vlms.ledger.total().pictures == len(sent)


# ------------------------------------------------------------------------------------- what it has cost


def test_the_cost_of_a_library_is_shown(describing: ModelServer, three: Path, run: Run) -> None:
    told = run("cost", library=three)
    assert (told.returncode, told.stdout.splitlines()[0]) == (
        0,
        "in all  0 calls, 0 tokens in, 0 out, 0 pictures, 0.0 megapixels, 0.0 s, 0.0000 USD",
    )
    with triptych.open(three, settings=options(describing)) as library:
        assert len([*library.describing().events]) == 3
    told = run("cost", library=three, TRIPTYCH_COST__STOP="5")
    assert "caption by openai/tiny  3 calls, 2,700 tokens in, 120 out, 3 pictures" in told.stdout
    assert "limit: 5 USD (cost.stop)" in told.stdout
    found = json.loads(run("cost", "--json", library=three).stdout)
    assert found["total"]["calls"] == 3 and found["by_model"][0]["money"] == pytest.approx(0.00636)


def test_doctor_asks_the_server_whether_it_has_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer() as server:
        for spec, works, word in (
            (f"openai:tiny@{server.url}", True, "has tiny"),
            (f"openai:other@{server.url}", False, "it has: tiny"),
            (f"openai:tiny@{server.url}/odd", True, "does not say"),
            ("extractive", True, "no model"),
        ):
            monkeypatch.setenv("TRIPTYCH_VLM", spec)
            told = examine(str(tmp_path / "none"), None)
            assert (told["vlm"]["works"], told["ok"]) == (works, works)
            assert word in str(told["vlm"])
        assert server.asked == []
    monkeypatch.setenv("TRIPTYCH_VLM", f"openai:tiny@{server.url}")
    told = examine(str(tmp_path / "none"), None)
    assert not told["ok"]
    assert f"answers by openai:tiny@{server.url}: The model server" in report_text(told)
