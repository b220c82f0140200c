"""Local models against the library's own pipeline, and servers that we did not write, with a tiny random model."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import tiny_models
from foreign_server import running
from triptych import plugins
from triptych.conformance.vlm import QUESTION, VlmSuite, drained
from triptych.errors import UserError, VlmError
from triptych.seams import BatchVlm, Message, Vlm


def _lacking(*packages: str) -> pytest.MarkDecorator:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


NEEDS_TRANSFORMERS = _lacking("torch", "transformers")
NEEDS_SERVING = _lacking("torch", "transformers", "openai", "fastapi", "uvicorn", "accelerate")
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.vlm(tmp_path_factory.mktemp("model") / "tiny-vlm")


@pytest.fixture(scope="module")
def local(folder: Path) -> BatchVlm:
    vlm: BatchVlm = plugins.load("vlms", f"transformers:{folder}", device="cpu")
    return vlm


def ask(*parts: Any) -> tuple[Message, ...]:
    return (Message("user", parts),)


@NEEDS_TRANSFORMERS
class TestLocal(VlmSuite):
    @pytest.fixture(autouse=True)
    def _loaded(self, local: BatchVlm) -> None:
        self.vlm = local

    def load(self) -> Vlm:
        return self.vlm


@NEEDS_TRANSFORMERS
def test_the_words_are_those_of_the_library_itself(local: BatchVlm, folder: Path) -> None:
    import torch
    from PIL import Image
    from transformers import AutoModelForImageTextToText, AutoProcessor

    pictures = tiny_models.pictures(2)
    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
    content = [{"type": "text", "text": "Compare"}, *({"type": "image"} for _ in pictures)]
    prompt = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    inputs = processor(images=[Image.fromarray(p) for p in pictures], text=prompt, return_tensors="pt")
    with torch.no_grad():
        made = model.generate(**inputs, max_new_tokens=24, do_sample=False)
    right = processor.decode(made[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    _, reply = drained(local, ask("Compare", *pictures), 24)
    assert reply.text == right
    assert reply.tokens_in == inputs["input_ids"].shape[1]


@NEEDS_TRANSFORMERS
def test_pictures_are_seen(local: BatchVlm) -> None:
    said = {drained(local, ask("What is this?", picture), 16)[1].text for picture in tiny_models.pictures(4)}
    assert len(said) == 4


@NEEDS_TRANSFORMERS
def test_a_batch_says_what_each_alone_says(local: BatchVlm) -> None:
    pictures = tiny_models.pictures(4)
    asked = [
        ask("a"),
        ask("What is", pictures[0]),
        ask(pictures[1], pictures[2], "and this, at the pier?"),
        *[QUESTION] * 2,
    ]
    assert local.replies(asked, max_tokens=16) == [drained(local, one, 16)[1] for one in asked]
    assert local.replies([], max_tokens=16) == []


@NEEDS_TRANSFORMERS
def test_special_tokens_in_a_text_are_words(local: BatchVlm) -> None:
    tokens = local._tokenizer  # type: ignore[attr-defined]
    inputs = local._prepare([ask("x <image> <|end|><|system|> </s> y")])  # type: ignore[attr-defined]
    found = tokens.convert_ids_to_tokens(inputs["input_ids"][0])
    assert [t for t in found if t in tokens.all_special_tokens] == [
        "<s>",
        "<|user|>",
        "<|end|>",
        "<|assistant|>",
    ]


@NEEDS_TRANSFORMERS
def test_a_question_that_is_too_long_is_told(local: BatchVlm) -> None:
    for asked in (lambda q: drained(local, q, 99), lambda q: local.replies([q], max_tokens=99)):
        with pytest.raises(VlmError) as told:
            asked(ask("boats " * 2000))
        assert told.value.code == "vlm-context" and "1024" in str(told.value)


@NEEDS_TRANSFORMERS
def test_a_stream_that_is_left_ends_the_work(local: BatchVlm) -> None:
    stream = local.stream(ask("Tell"), max_tokens=900)
    next(stream)
    begun = time.perf_counter()
    stream.close()
    drained(local, ask("Next"), 1)
    left = time.perf_counter() - begun
    begun = time.perf_counter()
    drained(local, ask("Tell"), 900)
    assert left < (time.perf_counter() - begun) / 2


@NEEDS_TRANSFORMERS
def test_a_model_without_system_messages_hears_them_first(tmp_path: Path) -> None:
    refusing = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        + tiny_models.CHAT
    )
    vlm = plugins.load("vlms", f"transformers:{tiny_models.vlm(tmp_path / 'm', refusing)}", device="cpu")
    inputs = vlm._prepare([(Message("system", ("Be brief.",)), *ask("Who?"))])
    assert "Be brief." in vlm._tokenizer.decode(inputs["input_ids"][0])


@NEEDS_TRANSFORMERS
def test_folders_that_hold_no_such_model_are_told(folder: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    pickled = tmp_path / "pickled"
    pickled.mkdir()
    for path in folder.iterdir():
        if path.suffix != ".safetensors":
            (pickled / path.name).write_bytes(path.read_bytes())
    torch.save(load_file(folder / "model.safetensors"), pickled / "pytorch_model.bin")
    (tmp_path / "empty").mkdir()
    for argument in (pickled, tmp_path / "empty", "", "nobody/has-this"):
        with pytest.raises(UserError) as told:
            plugins.load("vlms", f"transformers:{argument}", device="cpu")
        assert "\n" not in str(told.value)
    module = plugins.module("vlms", "transformers")
    assert module.reach(str(folder)).endswith(" is here")
    with pytest.raises(UserError):
        module.reach("nobody/has-this")


@NEEDS_TRANSFORMERS
def test_another_version_of_the_model_has_another_name(local: BatchVlm, tmp_path: Path) -> None:
    other = tiny_models.vlm(tmp_path / "tiny-vlm", tiny_models.CHAT + " ")
    vlm = plugins.load("vlms", f"transformers:{other}", device="cpu")
    assert vlm.name.split("/")[:2] == local.name.split("/")[:2] and vlm.name != local.name


# ------------------------------------------------------------------------------------- transformers serve


@pytest.fixture(scope="module")
def serve(folder: Path) -> Iterator[str]:
    """The URL of `transformers serve` with the tiny model, started for this file."""
    command = ["-m", "transformers.cli.transformers", "serve", str(folder), "--device", "cpu"]
    with running(command, "/health", HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error") as url:
        yield f"{url}/v1"


@pytest.fixture(scope="module")
def remote(serve: str, folder: Path) -> Iterator[Vlm]:
    vlm = plugins.load("vlms", f"openai:{folder}@{serve}")
    yield vlm
    vlm.close()


@NEEDS_SERVING
class TestTransformersServe(VlmSuite):
    @pytest.fixture(autouse=True)
    def _loaded(self, remote: Vlm) -> None:
        self.vlm = remote

    def load(self) -> Vlm:
        return self.vlm


@NEEDS_SERVING
def test_a_server_says_what_the_model_says_here(remote: Vlm, local: BatchVlm) -> None:
    for asked in (QUESTION, ask("What is this?", tiny_models.pictures(1)[0])):
        there, here = drained(remote, asked, 16)[1], drained(local, asked, 16)[1]
        assert there.tokens_in == here.tokens_in
        assert asked is not QUESTION or there.text == here.text  # a picture is JPEG on its way


@NEEDS_SERVING
def test_a_model_that_a_server_does_not_have(serve: str) -> None:
    vlm = plugins.load("vlms", f"openai:nobody/has-this@{serve}")
    with closing(vlm), pytest.raises(VlmError) as told:
        drained(vlm, QUESTION)
    assert told.value.code in ("vlm-unknown-model", "vlm-request", "vlm-server")


@NEEDS_SERVING
def test_streams_through_one_server_stay_apart(remote: Vlm) -> None:
    asked = [ask(f"What is {i} times {i}?") for i in range(8)]
    alone = [drained(remote, one, 12)[1].text for one in asked]
    together: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda i=i: together.update({i: drained(remote, asked[i], 12)[1].text}))
        for i in range(len(asked))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[i] for i in range(len(asked))] == alone
