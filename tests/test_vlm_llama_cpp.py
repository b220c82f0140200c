"""The client of model servers against llama.cpp's, with a tiny random llama in GGUF.

llama-cpp-python compiles for many minutes, so only `make servers` installs it; elsewhere this is skipped by name.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from foreign_server import running
from tiny_gguf import CONTEXT, llama
from triptych import plugins
from triptych.conformance.vlm import VlmSuite, drained
from triptych.errors import VlmError
from triptych.seams import Message, Vlm

_NEEDED = ("llama_cpp", "gguf", "openai", "sse_starlette")
_LACKING = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(_LACKING), reason=f"not installed: {', '.join(_LACKING)}")


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vlm]:
    path = llama(tmp_path_factory.mktemp("model") / "tiny.gguf")
    options = ["--model", str(path), "--n_ctx", str(CONTEXT), "--model_alias", "tiny"]
    options += ["--interrupt_requests", "False"]  # by default a question ends the one before
    with running(["-m", "llama_cpp.server", *options], "/v1/models") as url:
        vlm = plugins.load("vlms", f"openai:tiny@{url}/v1")
        vlm.pictures = 0  # it would write a data URI into the prompt, as words
        yield vlm
        vlm.close()


class TestLlamaCpp(VlmSuite):
    counts = False

    @pytest.fixture(autouse=True)
    def _loaded(self, remote: Vlm) -> None:
        self.vlm = remote

    def load(self) -> Vlm:
        return self.vlm


def test_a_question_that_is_too_long_is_told(remote: Vlm) -> None:
    """Without a stream only: so the first attempt finds an empty one, and the next one the reason."""
    codes = []
    for _ in range(2):
        with pytest.raises(VlmError) as told:
            drained(remote, (Message("user", ("boats " * 400,)),))
        codes.append(told.value.code)
    assert codes == ["vlm-stream", "vlm-context"] and remote.context == CONTEXT


def test_thirty_two_questions_at_once(remote: Vlm) -> None:
    asked = [(Message("user", (f"What is {i} times {i}?",)),) for i in range(32)]
    alone = [drained(remote, one, 12)[1].text for one in asked]
    with ThreadPoolExecutor(32) as pool:
        together = [*pool.map(lambda one: drained(remote, one, 12)[1].text, asked)]
    assert together == alone
