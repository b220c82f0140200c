"""Workers: whatever a decoder does, the run goes on and exactly that file or page fails with one line."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

import odd_format
from triptych.errors import FileError, TriptychError, UserError
from triptych.processes.workers import Workers
from triptych.settings import Limits, OcrSettings, Settings
from triptych.types import Reading

SETTINGS = Settings(ocr=OcrSettings(engine="none"), limits=Limits(page_seconds=4.0, memory_mb=200))


@pytest.fixture(scope="module", autouse=True)
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install `odd_format` as another package would: a module and an entry point on the path."""
    site = tmp_path_factory.mktemp("site")
    shutil.copy(odd_format.__file__, site)
    info = site / "odd-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[triptych.formats]\nodd = odd_format\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(site), prepend=os.pathsep if "PYTHONPATH" in os.environ else None)
        yield site


@pytest.fixture(scope="module")
def pool() -> Iterator[Workers]:
    with Workers(SETTINGS, 2) as workers:
        yield workers


def odd_file(folder: Path, *orders: str, name: str = "file.odd") -> Path:
    path = folder / name
    path.write_bytes(odd_format.MAGIC + "\n".join(orders).encode())
    return path


def read_one(pool: Workers, path: Path) -> Reading | FileError:
    ((key, result),) = pool.read([("key", path, path.name)])
    assert key == "key"
    return result


def reading(result: Reading | FileError) -> Reading:
    assert isinstance(result, Reading), result
    return result


def failed(result: Reading | FileError, code: str) -> FileError:
    assert isinstance(result, FileError), result
    assert result.code == code, result
    assert len(str(result)) <= 600 and "\n" not in str(result) and "Traceback" not in str(result)
    assert result.hint
    return result


def test_a_good_file(pool: Workers, tmp_path: Path) -> None:
    result = reading(read_one(pool, odd_file(tmp_path, "one", "two words")))
    assert [p.text.text for p in result.pages] == ["one", "two words"]
    assert (result.kind, result.media_type, result.failed_pages) == ("text", "text/odd", ())
    assert result.meta["pid"] != os.getpid()


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("segfault", "worker-died"),
        ("exit", "worker-died"),
        ("hang", "timeout"),
        ("spin", "timeout"),
        ("eat", "too-much-memory"),
        ("nonsense", "worker-died"),
        ("raise", "damaged"),
        ("refuse", "damaged"),
    ],
)
def test_a_decoder_that_misbehaves_fails_its_file(
    pool: Workers, tmp_path: Path, order: str, code: str
) -> None:
    failed(read_one(pool, odd_file(tmp_path, f"open {order}")), code)
    assert reading(read_one(pool, odd_file(tmp_path, "fine"))).pages[0].text.text == "fine"


@pytest.mark.parametrize("order", ["segfault", "exit", "hang", "eat", "nonsense", "raise", "refuse"])
def test_a_page_that_misbehaves_fails_alone(pool: Workers, tmp_path: Path, order: str) -> None:
    result = reading(read_one(pool, odd_file(tmp_path, "one", "two", order, "four", "five", "six", "seven")))
    assert [p.number for p in result.pages] == [1, 2, 3, 4, 5, 6, 7]
    assert result.failed_pages == (3,)
    assert result.pages[6].text.text == "seven"
    reason = result.pages[2].failed
    assert reason and len(reason) <= 300 and "\n" not in reason


def test_the_second_try_counts(pool: Workers, tmp_path: Path) -> None:
    result = reading(read_one(pool, odd_file(tmp_path, "one", "segfault once", "three", name="a.odd")))
    assert result.failed_pages == ()
    result = reading(read_one(pool, odd_file(tmp_path, "open segfault once", name="b.odd")))
    assert result.failed_pages == ()


def test_a_file_full_of_crashes_is_given_up_soon(pool: Workers, tmp_path: Path) -> None:
    result = reading(read_one(pool, odd_file(tmp_path, "fine", *["exit"] * 100)))
    assert len(result.failed_pages) == 100
    left_out = [page.number for page in result.pages if "left out" in str(page.failed)]
    assert len(left_out) >= 30  # at most four ranges of 16 pages were begun; which ones is a race


def test_a_missing_package_stops_the_run(pool: Workers, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pip install it"):
        read_one(pool, odd_file(tmp_path, "missing package"))


def test_chatty_decoders_do_not_disturb(pool: Workers, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    assert reading(read_one(pool, odd_file(tmp_path, "print", "two"))).failed_pages == ()
    assert capfd.readouterr() == ("", "")


def test_odd_names_and_missing_files(pool: Workers, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/new\nline\xff.odd"))
    odd_file(tmp_path, "fine").rename(path)
    assert reading(read_one(pool, path)).pages[0].text.text == "fine"
    assert isinstance(read_one(pool, tmp_path / "gone.odd"), FileError)


def test_bad_files_do_not_touch_good_ones(pool: Workers, tmp_path: Path) -> None:
    """Many files, every third a crash: all the others are read, each key comes back once."""
    orders = ["segfault", "fine", "good", "refuse", "well", "exit"]
    jobs = [(n, odd_file(tmp_path, orders[n % 6], name=f"{n}.odd"), "x.odd") for n in range(12)]
    results = dict(pool.read(jobs))
    assert sorted(results) == list(range(12))
    for n, result in results.items():
        assert isinstance(result, FileError) == (orders[n % 6] in ("segfault", "refuse", "exit"))


def test_a_long_file_uses_all_workers_and_keeps_its_order(pool: Workers, tmp_path: Path) -> None:
    result = reading(read_one(pool, odd_file(tmp_path, *(f"page {n}" for n in range(1, 1001)))))
    assert [p.text.text for p in result.pages] == [f"page {n}" for n in range(1, 1001)]
    assert len({p.meta["pid"] for p in result.pages}) == 2


def test_jobs_are_pulled_only_as_needed(pool: Workers, tmp_path: Path) -> None:
    path = odd_file(tmp_path, "fine")
    pulled = []

    def jobs() -> Iterator[tuple[int, Path, str]]:
        for n in range(1000):
            pulled.append(n)
            yield n, path, path.name

    results = pool.read(jobs())
    for done in range(1, 20):
        next(results)
        assert len(pulled) - done <= 2 * pool.count
    results.close()
    assert len(pulled) < 30


def test_an_error_of_the_caller_comes_through(tmp_path: Path) -> None:
    def jobs() -> Iterator[tuple[int, Path, str]]:
        yield 1, odd_file(tmp_path, "hang"), "x.odd"
        raise KeyboardInterrupt

    patient = replace(SETTINGS, limits=replace(SETTINGS.limits, page_seconds=300))  # so nobody waited for it
    started = time.monotonic()
    with Workers(patient, 1) as pool:
        with pytest.raises(KeyboardInterrupt):
            list(pool.read(jobs()))
        assert reading(read_one(pool, odd_file(tmp_path, "fine")))
    assert time.monotonic() - started < 100


def test_pixels(pool: Workers, tmp_path: Path) -> None:
    path = odd_file(tmp_path, "one", "two", "no picture", "hang")
    image = pool.pixels(path, path.name, 2, 100)
    assert image.shape == (100, 50, 3) and image.dtype == np.uint8 and (image == 2).all()
    with pytest.raises(FileError, match="nothing to draw") as caught:
        pool.pixels(path, path.name, 3, 100)
    assert caught.value.code == "no-picture"
    with pytest.raises(FileError):
        pool.pixels(tmp_path / "gone.odd", "gone.odd", 1, 100)


def test_workers_that_are_killed_from_outside(pool: Workers, tmp_path: Path) -> None:
    """As the system does when memory runs out: every file is answered once, nothing leaks."""
    path = odd_file(tmp_path, "fine", "fine too")
    read_one(pool, path)
    open_files = psutil.Process().num_fds()
    done = threading.Event()

    def kill() -> None:
        dice = random.Random(1)
        for _ in range(8):
            if done.wait(0.5):
                return
            if workers := psutil.Process().children():
                dice.choice(workers).kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        results = list(pool.read((n, path, path.name) for n in range(800)))
    finally:
        done.set()
        killer.join()
    assert sorted(key for key, _ in results) == list(range(800))
    lost = [r for _, r in results if isinstance(r, FileError)]
    assert len(lost) <= 4 and all(error.code == "worker-died" for error in lost)
    read_one(pool, path)
    assert psutil.Process().num_fds() <= open_files + pool.count


def test_no_worker_without_work_and_none_left_behind(tmp_path: Path) -> None:
    before = children()
    with Workers(SETTINGS, 4) as workers:
        assert children() == before
        read_one(workers, odd_file(tmp_path, "fine"))
        assert len(children() - before) == 1
    assert children() == before


def test_closing_ends_busy_workers_at_once(tmp_path: Path) -> None:
    slow = replace(SETTINGS, limits=replace(SETTINGS.limits, page_seconds=60))
    before = children()
    with Workers(slow, 2) as workers:
        results = workers.read(
            [
                (1, odd_file(tmp_path, "fine", name="a"), "a.odd"),
                (2, odd_file(tmp_path, "hang", name="b"), "b.odd"),
            ]
        )
        assert next(results)[0] == 1
        closing = time.monotonic()
    assert time.monotonic() - closing < 30 and children() == before


def children() -> set[int]:
    return {p.pid for p in psutil.Process().children()}


PARENT = """
import sys, os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background of a shell ignores it
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_workers import SETTINGS, odd_file
from triptych.processes.workers import Workers
from dataclasses import replace
slow = replace(SETTINGS, limits=replace(SETTINGS.limits, page_seconds=600))
folder = Path(sys.argv[1])
def jobs():
    for n in range(2):
        yield n, odd_file(folder, "one", "spin", name=str(n)), "x.odd"
try:
    with Workers(slow, 2) as workers:
        for _ in workers.read(jobs()): pass
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path: Path, how: signal.Signals) -> None:
    """Killed, or interrupted as by Ctrl-C (the whole group hears it): no worker stays."""
    script = PARENT.format(tests=str(Path(__file__).parent))
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    workers: list[psutil.Process] = []
    limit = time.monotonic() + 30
    while len(workers) < 2 or not all(busy(w) for w in workers):
        assert time.monotonic() < limit and parent.poll() is None
        workers = psutil.Process(parent.pid).children()
        time.sleep(0.1)
    if how is signal.SIGINT:
        os.killpg(parent.pid, how)
    else:
        parent.send_signal(how)
    out, err = parent.communicate(timeout=60)
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert not alive
    if how is signal.SIGINT:
        assert out == b"interrupted\n" and err == b""


def busy(process: psutil.Process) -> bool:
    try:
        return process.cpu_times().user > 0.7
    except psutil.Error:
        return False


def test_workers_see_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "hunter2")
    monkeypatch.setenv("NO_HARM", "visible")
    before = children()
    with Workers(SETTINGS, 1) as workers:
        read_one(workers, odd_file(tmp_path, "fine"))
        (worker,) = children() - before
        seen = psutil.Process(worker).environ()
    assert "SOME_API_KEY" not in seen and seen["NO_HARM"] == "visible" and seen["PYTHONPATH"]


def test_a_worker_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "numpy.py").write_text("raise ImportError('numpy is broken here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Workers(SETTINGS, 2) as workers, pytest.raises(TriptychError, match="numpy is broken here"):
        read_one(workers, odd_file(tmp_path, "fine"))


def test_a_module_beside_the_documents_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "numpy", "triptych", "psutil"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    with Workers(SETTINGS, 1) as workers:
        assert reading(read_one(workers, odd_file(tmp_path, "fine")))
