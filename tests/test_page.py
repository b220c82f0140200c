"""The page in a real browser: what people do with it, and what it must never do. `bench/page.py` measures it."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import triptych
from triptych.keys import Access

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
pytest.importorskip("fastapi", reason="fastapi is not installed: pip install fastapi")
from playwright.sync_api import Browser, Page, Route, expect

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
from browser import PHONE, Watched, browsing, chromium_path, served, tab
from hostile_library import WATCH, ask_all, foreign, make
from hostile_strings import payloads, strings
from model_server import ModelServer, Scripted, says

if chromium_path() is None:
    pytest.skip("there is no chromium: apt-get install chromium", allow_module_level=True)

SAMPLES = Path(__file__).parent.parent / "samples"
SOON = 20_000  # ms; a busy machine may need them
QUESTION = "What is the total on invoice INV-1043?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="module")
def address(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The quick samples, served; for tests that change nothing."""
    with served(shutil.copytree(made, tmp_path_factory.mktemp("served") / "library")) as at:
        yield at


@pytest.fixture
def watched(browser: Browser, address: str) -> Iterator[Watched]:
    """A tab on the start; in the end nothing may have gone wrong in it."""
    with tab(browser, address) as opened:
        yield opened
        assert opened.faults == []


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


def search(page: Page, line: str) -> None:
    page.fill("#q", line)
    expect(page.locator(".hit").first).to_be_visible(timeout=SOON)
    expect(page.locator(".centre.busy")).to_have_count(0)


def titles(page: Page) -> list[str]:
    return page.locator(".hit .name").all_inner_texts()


# ---------------------------------------------------------------------------------------- finding


def test_results_come_as_one_types_with_the_words_boxed(page: Page) -> None:
    page.type("#q", "bench vice", delay=20)
    first = page.locator(".hit").first
    expect(first.locator(".name")).to_have_text("Invoice INV-1043", timeout=SOON)
    expect(first.locator("blockquote mark").first).to_have_text(re.compile("bench", re.I))
    expect(first.locator(".sheet.there .mark").first).to_be_visible(timeout=SOON)
    assert page.url.endswith("#/?q=bench+vice")
    expect(page.locator("#live")).to_have_text(re.compile(r"pages? found"))


def test_the_best_page_stands_beside_zoomed_to_its_box(page: Page) -> None:
    search(page, "bench vice")
    expect(page.locator("#right h2")).to_have_text("Invoice INV-1043", timeout=SOON)
    mark = page.locator(".stage .mark").first
    expect(mark).to_be_visible(timeout=SOON)
    page.wait_for_timeout(600)  # the zoom has come to rest
    stage, box = page.locator(".stage").bounding_box(), mark.bounding_box()
    assert stage and box
    assert stage["x"] <= box["x"] and box["x"] + box["width"] <= stage["x"] + stage["width"]
    assert stage["y"] <= box["y"] and box["y"] + box["height"] <= stage["y"] + stage["height"]
    assert box["height"] > 8, "the words are large enough to be read"


def test_a_link_opens_a_page_at_its_boxes(watched: Watched, address: str, made: Path) -> None:
    """As answers to OpenAI's clients cite: a page, and the words on it."""
    with triptych.open(made) as library:
        hit = library.search("INV-1043", k=1)[0]
    box = ",".join(f"{v:.4f}" for v in hit.boxes[0])
    page = watched.page
    page.goto("about:blank")
    page.goto(f"{address}/#/page/{hit.asset}/{hit.page}?boxes={quote(box, safe='')}")
    expect(page.locator("#right h2")).to_have_text("Invoice INV-1043", timeout=SOON)
    expect(page.locator(".stage .mark")).to_have_count(1)


def test_a_space_at_the_end_stays_while_one_types(page: Page) -> None:
    page.type("#q", "oak x")
    expect(page.locator(".hit").first).to_be_visible(timeout=SOON)
    page.press("#q", "Backspace")
    page.wait_for_timeout(250)
    page.type("#q", "shelves")
    expect(page.locator("#q")).to_have_value("oak shelves")


def test_each_hit_says_why(page: Page) -> None:
    search(page, "invoice total")
    why = page.locator(".hit .why").first
    expect(why.locator(".of")).to_have_text(["Says", "Described", "Looks"])
    expect(why).to_have_attribute("aria-label", re.compile("words: rank 1"))
    assert why.locator(".counted").first.bounding_box()["width"] > 20
    page.locator(".hit .name").first.click()
    expect(page.locator(".reasons tr")).to_have_count(4)


def test_a_picture_finds_its_like(page: Page) -> None:
    page.set_input_files("#box input[type=file]", SAMPLES / "queries" / "logo.png")
    expect(page.locator(".hit").first).to_be_visible(timeout=SOON)
    expect(page.locator("#held")).to_contain_text("logo.png")
    expect(page.locator(".hit .looks .counted").first).to_be_visible()
    search(page, "shelves")  # words and picture together
    expect(page.locator("#held img")).to_be_visible()
    page.click("[aria-label='Take the picture away']")
    expect(page.locator("#held")).to_be_hidden()


def test_a_dropped_picture_asks(page: Page) -> None:
    picture = (SAMPLES / "queries" / "logo.png").read_bytes().hex()
    page.evaluate(
        """hex => {
            const bytes = Uint8Array.from(hex.match(/../g), byte => parseInt(byte, 16));
            const dropped = new DataTransfer();
            dropped.items.add(new File([bytes], "logo.png", {type: "image/png"}));
            const drop = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: dropped});
            document.getElementById("q").dispatchEvent(drop);
        }""",
        picture,
    )
    expect(page.locator("#held")).to_contain_text("logo.png", timeout=SOON)
    expect(page.locator(".hit").first).to_be_visible(timeout=SOON)


def test_more_like_this(page: Page) -> None:
    search(page, "INV-1043")
    page.locator(".hit").first.get_by_text("More like this").click()
    expect(page.locator("#held")).to_contain_text("like Invoice INV-1043")
    expect(page.locator(".hit .name").first).to_have_text(re.compile(r"Invoice INV-10(31|42)"), timeout=SOON)


def test_late_answers_are_dropped(page: Page) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if '"sourdough"' in (route.request.post_data or ""):
            held.append(route)  # it never answers
        else:
            route.continue_()

    page.route("**/v1/search", hold_the_first)
    page.fill("#q", "sourdough")
    page.wait_for_timeout(300)
    search(page, "shelves")
    assert held, "the first search was asked"
    for route in held:
        route.abort()
    page.wait_for_timeout(100)
    expect(page.locator(".failed")).to_have_count(0)


def test_nothing_matches(page: Page) -> None:
    page.fill("#q", '"zebra xylophone"')
    expect(page.locator(".nothing h2")).to_contain_text("zebra xylophone", timeout=SOON)
    expect(page.locator("#right")).to_be_hidden()


def test_filters_narrow_and_stand_in_the_address(page: Page) -> None:
    search(page, "invoice")
    page.get_by_role("checkbox", name="Markdown").check()
    expect(page.locator(".chips .chip")).to_have_text(["Markdown"])
    expect(page.locator(".hit .name")).to_have_text(["kitchen-notes.md"], timeout=SOON)
    assert "kind=markdown" in page.url
    page.go_back()
    expect(page.locator(".chips .chip")).to_have_count(0)
    expect(page.locator(".hit .name").first).to_have_text(re.compile("Invoice"), timeout=SOON)


def test_collections_tags_and_dates_are_offered(browser: Browser, copied: Path, tmp_path: Path) -> None:
    for name, year in (("tide", "2023"), ("buoy", "2024")):
        (tmp_path / f"{name}.txt").write_text(f"The harbour {name} of {year}")
        with triptych.open(copied) as library:
            library.add(tmp_path / f"{name}.txt", collection="harbour", tags={"year": year})
    with served(copied) as at, tab(browser, at) as watched:
        page = watched.page
        search(page, "harbour")
        page.get_by_role("radio", name="harbour").check()
        expect(page.locator(".hit")).to_have_count(2)
        page.get_by_role("group", name="year").get_by_label("2024").check()
        expect(page.locator(".hit .name")).to_have_text(["buoy.txt"], timeout=SOON)
        expect(page.locator(".chip")).to_have_text(["harbour", "year: 2024"])
        page.fill("input[name=from]", "2031-01-01")
        expect(page.locator(".nothing")).to_contain_text("No page within these filters", timeout=SOON)
        page.locator(".nothing").get_by_text("Look everywhere").click()
        expect(page.locator(".chip")).to_have_count(0)
        assert watched.faults == []


def test_the_wall_and_more(page: Page) -> None:
    search(page, "invoice")
    page.click("[aria-label='As a wall of pages (W)']")
    expect(page.locator("ol.wall .hit").first).to_be_visible()
    page.reload()
    expect(page.locator("ol.wall .hit").first).to_be_visible(timeout=SOON)


# ---------------------------------------------------------------------------------------- asking


def ask(page: Page, question: str = QUESTION) -> None:
    page.fill("#q", question)
    page.press("#q", "Enter")
    expect(page.locator(".answer[aria-busy=false]")).to_be_visible(timeout=SOON)


def test_an_answer_shows_where_it_stands(page: Page) -> None:
    ask(page)
    expect(page.locator(".answer .words")).to_have_text("$348.201")  # its citation is a button beside it
    proof = page.locator(".proof")
    expect(proof).to_have_count(1)
    expect(proof).to_contain_text("Total $348.20")
    expect(proof).to_contain_text("stands there")
    expect(proof.locator(".cutting.there .mark").first).to_be_visible(timeout=SOON)
    expect(page.locator(".hit .cited").first).to_have_text("1")


def test_a_citation_jumps_to_its_box(page: Page) -> None:
    ask(page)
    page.click("[aria-label='Close the page (Escape)']")
    page.click(".words button.number")
    expect(page.locator("#right h2")).to_be_focused()
    number = page.locator(".stage .mark b")
    expect(number).to_have_text("1", timeout=SOON)
    expect(number).to_be_in_viewport()


def test_an_answer_of_a_model_comes_sentence_by_sentence(browser: Browser, copied: Path) -> None:
    def respond(request: dict[str, Any]) -> Scripted:
        return says("The total is $348.20 [1]. ", "The due date is 2024-04-18 [1]. ", pause=0.8)

    with (
        ModelServer(respond) as model,
        served(copied, {"vlm": f"openai:tiny@{model.url}"}) as at,
        tab(browser, at) as watched,
    ):
        page = watched.page
        page.fill("#q", "What is the total on invoice INV-1043, and when is it due?")
        page.press("#q", "Enter")
        words = page.locator(".answer[aria-busy=true] .words")
        expect(words).to_contain_text("The total is $348.20", timeout=4 * SOON)
        assert "due date" not in words.inner_text(), "the second sentence is still on its way"
        expect(page.locator(".answer[aria-busy=false] .words")).to_contain_text("2024-04-18", timeout=SOON)
        expect(page.locator(".words button.number")).to_have_count(2)
        expect(page.locator(".answer .note")).to_contain_text("tiny")
        assert watched.faults == []


def test_what_is_not_there_is_not_answered(page: Page) -> None:
    ask(page, "Who won the chess championship in 1987?")
    expect(page.locator(".answer.abstained")).to_be_visible()
    expect(page.locator(".proof")).to_have_count(0)


def test_searches_of_before_are_offered_and_forgotten(page: Page) -> None:
    ask(page)
    page.click("a.brand")
    page.locator(".centre .past .line").click()
    expect(page.locator(".answer .words")).to_contain_text("$348.20", timeout=SOON)
    page.get_by_text("Forget all").click()
    expect(page.locator(".past")).to_have_count(0)


# ---------------------------------------------------------------------------------------- the page itself


def test_text_files_are_read_as_text(page: Page) -> None:
    search(page, "sourdough starter")
    page.locator(".hit .name").first.click()
    expect(page.locator(".print mark").first).to_have_text(re.compile("sourdough"), timeout=SOON)


def test_everything_by_keyboard(page: Page) -> None:
    search(page, "invoice")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit .name").nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(".hit .name").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#right h2")).to_be_focused()
    expect(page.locator(".hit").nth(1)).to_have_class(re.compile("seen"))
    expect(page.locator(".stage.waiting")).to_have_count(0, timeout=SOON)
    page.wait_for_timeout(100)  # it goes to its box
    before = page.locator(".scale").inner_text()
    page.keyboard.press("+")
    expect(page.locator(".scale")).not_to_have_text(before)
    page.keyboard.press("0")
    expect(page.locator(".scale")).to_have_text("100 %")
    page.keyboard.press("t")
    expect(page.locator(".print")).to_be_visible(timeout=SOON)
    page.keyboard.press("Escape")
    expect(page.locator(".hit .name").nth(1)).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("to the search box")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_have_value("")
    expect(page.locator(".start h1")).to_be_visible()


def test_dark_and_light_are_remembered(page: Page) -> None:
    def ground() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = ground()
    page.click("[aria-label='Dark or light (D)']")
    dark = ground()
    assert light != dark
    page.reload()
    page.wait_for_selector("body.ready")
    assert ground() == dark


def test_a_phone_shows_all_of_it(browser: Browser, address: str) -> None:
    with tab(browser, address, viewport=PHONE, has_touch=True) as watched:
        page = watched.page
        for show in (lambda: None, lambda: search(page, "invoice total"), lambda: ask(page)):
            show()
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= PHONE["width"], "nothing sticks out at the side"
        page.locator(".hit .name").first.click()
        expect(page.locator(".stage .sheet")).to_be_visible(timeout=SOON)
        page.click("[aria-label='Close the page (Escape)']")
        page.click("[aria-label^=Filters]")
        expect(page.get_by_role("checkbox", name="PDF")).to_be_visible()
        assert watched.faults == []


def test_what_is_half_typed_is_no_mistake(page: Page) -> None:
    """A phrase whose end is to come, a field without its value: the results stay, and Enter says what is wrong."""
    search(page, "oak")
    page.fill("#q", '"oak shel')
    page.wait_for_timeout(400)
    page.fill("#q", "oak date:never")
    page.wait_for_timeout(400)
    page.fill("#q", '"bench vice')
    expect(page.locator(".hit .name").first).to_have_text("Invoice INV-1043", timeout=SOON)
    expect(page.locator(".failed")).to_have_count(0)
    page.fill("#q", "oak date:never")
    page.press("#q", "Enter")
    expect(page.locator(".failed")).to_be_visible(timeout=SOON)


def test_an_answer_that_abstains_leaves_no_page_of_another_question(page: Page) -> None:
    page.fill("#q", QUESTION)
    page.press("#q", "Enter")
    expect(page.locator("#right h2")).to_have_text("Invoice INV-1043", timeout=SOON)
    page.fill("#q", "Who won the world cup of 1998?")
    page.press("#q", "Enter")
    expect(page.locator(".answer.abstained")).to_be_visible(timeout=SOON)
    expect(page.locator("#right")).to_be_hidden()


def test_what_came_of_an_answer_that_broke_off_stays(page: Page) -> None:
    begun = 'event: retrieval\ndata: {"hits": []}\n\nevent: token\ndata: {"text": "The first half, "}\n\n'
    sent = {"content-type": "text/event-stream", "content-security-policy": "default-src 'none'"}
    page.route("**/v1/ask", lambda route: route.fulfill(headers=sent, body=begun))
    page.fill("#q", QUESTION)
    page.press("#q", "Enter")
    expect(page.locator(".answer .note")).to_contain_text("broke off", timeout=SOON)
    expect(page.locator(".answer .words")).to_contain_text("The first half")


def test_the_start_offers_what_the_pictures_show(browser: Browser, tmp_path: Path) -> None:
    with triptych.open(tmp_path / "library") as library:
        library.add(SAMPLES / "files" / "lake.jpg")
        [caption] = library.show(library.list()[0]["asset"])["pages"][0]["captions"][:1]
    with served(tmp_path / "library") as at, tab(browser, at) as watched:
        line = watched.page.locator(".described .line")
        expect(line).to_have_text(caption["text"].removesuffix("."), timeout=SOON)
        line.click()
        expect(watched.page.locator(".hit .name")).to_have_text("lake.jpg", timeout=SOON)
        assert watched.faults == []


def test_a_server_that_is_gone_is_told(browser: Browser, address: str) -> None:
    with tab(browser, address) as watched:
        page = watched.page
        page.route("**/v1/search", lambda route: route.abort())
        page.fill("#q", "invoice")
        expect(page.locator(".failed")).to_contain_text("cannot be reached", timeout=SOON)
        page.unroute("**/v1/search")
        page.get_by_text("Try again").click()
        expect(page.locator(".hit").first).to_be_visible(timeout=SOON)


# ---------------------------------------------------------------------------------------- changing


@pytest.fixture
def own(browser: Browser, tmp_path: Path) -> Iterator[Watched]:
    """A tab on an empty library of its own."""
    triptych.open(tmp_path / "own").close()
    with served(tmp_path / "own") as at, tab(browser, at) as opened:
        yield opened
        assert opened.faults == []


def test_files_are_added_told_of_and_removed(own: Watched, tmp_path: Path) -> None:
    page = own.page
    expect(page.locator("h1")).to_have_text("Nothing hangs here yet")
    (tmp_path / "harbour.txt").write_text("The harbour gate opens at seven. The harbour master is Ann Lee.")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nbroken")
    with page.expect_file_chooser() as chooser:
        page.click("text=Add files")
    chooser.value.set_files([tmp_path / "harbour.txt", tmp_path / "broken.pdf"])
    expect(page.locator("#tray h2")).to_have_text("1 added, 1 failed", timeout=30_000)
    expect(page.locator("#tray .ready .report")).to_contain_text("12 words")
    expect(page.locator("#tray .failed .why-not")).to_contain_text("broken.pdf is no readable PDF")
    expect(page.locator(".figure b").first).to_have_text("1")
    search(page, "harbour master")
    assert titles(page) == ["harbour.txt"]
    page.goto(f"{own.origin}#/library")
    page.click("[aria-label='Remove harbour.txt']")
    expect(page.locator("dialog")).to_contain_text("Remove harbour.txt?")
    page.locator("dialog").get_by_text("Remove", exact=True).click()
    expect(page.locator(".file")).to_have_count(0, timeout=SOON)


# ---------------------------------------------------------------------------------------- access


def give_key(page: Page, token: str) -> None:
    page.fill("dialog #key", token)
    page.press("dialog #key", "Enter")


def test_without_a_key_nothing_is_shown(browser: Browser, copied: Path) -> None:
    _, token = Access(copied).add("reader", {"default": "read"})
    with served(copied) as at, tab(browser, at) as watched:
        page = watched.page
        expect(page.locator("dialog")).to_contain_text("This library asks for a key")
        assert "Invoice" not in page.content()
        give_key(page, "tk_00000000_" + 43 * "x")
        expect(page.locator("dialog")).to_contain_text("does not open this", timeout=SOON)
        give_key(page, token)
        expect(page.locator(".figure b").first).to_have_text("6", timeout=SOON)
        search(page, "bench vice")
        image = page.locator(".hit .sheet.there img").first
        expect(image).to_be_visible(timeout=SOON)
        assert str(image.get_attribute("src")).startswith("blob:"), "fetched with the key"
        expect(page.get_by_label("Add files (U)")).to_be_hidden()
        assert page.evaluate("JSON.stringify(localStorage)").find(token) < 0, "the key ends with the tab"
        assert watched.faults == []


def test_whoever_sees_the_public_part_can_give_a_key(browser: Browser, copied: Path) -> None:
    _, token = Access(copied).add("reader", {"default": "read"})
    Access(copied).publish("brochures", public=True)
    with served(copied) as at, tab(browser, at) as watched:
        expect(watched.page.locator("h1")).to_have_text("Nothing hangs here yet")
        watched.page.click("[aria-label='Key for this server']")
        give_key(watched.page, token)
        expect(watched.page.locator(".figure b").first).to_have_text("6", timeout=SOON)
        assert watched.faults == []


def test_files_go_where_the_key_may_write(browser: Browser, copied: Path, tmp_path: Path) -> None:
    for name in ("tide", "buoy"):
        (tmp_path / f"{name}.txt").write_text(f"The harbour {name}")
    with triptych.open(copied) as library:
        library.add(tmp_path / "tide.txt", collection="harbour")
    _, token = Access(copied).add("writer", {"default": "read", "harbour": "write"})
    with served(copied) as at, tab(browser, at) as watched:
        page = watched.page
        give_key(page, token)
        expect(page.locator(".figure b").first).to_have_text("7", timeout=SOON)
        with page.expect_file_chooser() as chooser:
            page.click("[aria-label^='Add files']")
        chooser.value.set_files([tmp_path / "buoy.txt"])
        expect(page.locator("#tray .ready")).to_be_visible(timeout=30_000)
        page.goto(f"{at}#/library")
        expect(page.locator(".file").first).to_contain_text("buoy.txt", timeout=SOON)
        expect(page.locator("[aria-label^=Remove]")).to_have_count(2)
        assert watched.faults == []


# ---------------------------------------------------------------------------------------- the files of the page


def test_the_page_is_small_and_holds_no_inline_script() -> None:
    folder = Path(triptych.__file__).parent / "server" / "page"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 150_000
    html = (folder / "index.html").read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|javascript:|https?://", html)
    for script in folder.rglob("*.js"):
        forbidden = r"innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|\beval\(|new Function|https?://(?!www\.w3\.org/2000/svg)"
        assert not re.search(forbidden, script.read_text("utf-8")), script.name


# ---------------------------------------------------------------------------------------- hostile strings


def test_hostile_strings_stay_text(browser: Browser, tmp_path: Path) -> None:
    """A few of every kind; all of them: bench/page.py."""
    lines = [*strings()[::28], *payloads()[::3]]
    with served(make(tmp_path, lines)) as at, tab(browser, at, first=WATCH) as watched:
        page = watched.page
        ask_all(page, payloads()[1::10])
        page.goto(f"{at}#/library")
        expect(page.locator(".file").first).to_be_visible(timeout=SOON)
        page.goto(f"{at}#/")
        search(page, "hostile")
        page.locator(".hit .name").first.click()
        expect(page.locator(".print")).to_be_visible(timeout=SOON)
        assert foreign(page) == []
        assert watched.faults == []


def test_the_watch_over_hostile_strings_sees(page: Page) -> None:
    """The proof above would notice: what a careless page would do is seen."""
    page.context.add_init_script(WATCH)
    page.reload()
    page.wait_for_selector("body.ready")
    page.evaluate("document.body.append(document.createElement('iframe'))")
    assert len(foreign(page)) == 1
