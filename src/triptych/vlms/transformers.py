"""Local vision-language models by transformers: any image-text-to-text model in safetensors, on a GPU where there is one.

Greedy decoding, so that the same question has the same answer. The model generates for one caller at a time, streams
and batches in turn: some models keep the positions of pictures on themselves. Special tokens of the model that stand in
a text are broken up before it is tokenized: a page that says `<|im_end|>` must not end its own quotation.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from jinja2 import TemplateError
from transformers import AutoModelForImageTextToText, AutoProcessor, StoppingCriteria, TextStreamer

from triptych.dialogue.control_tokens import broken_up, of_model
from triptych.errors import UserError, VlmError
from triptych.hub import model_files
from triptych.hub.model_files import Source
from triptych.neural import batches
from triptych.seams import BatchVlm, Message, Reply

PICTURES = 32  # of a call; the context ends sooner for most models
CPU_BATCH, GPU_BATCH = 2, 16  # questions with their pictures
_WAY = (
    'Write vlm = "transformers:FOLDER", or a name such as transformers:HuggingFaceTB/SmolVLM2-2.2B-Instruct.'
)


def sources(argument: str) -> list[Source]:
    """The one repository of the model hub that `argument` names."""
    if not argument:
        raise UserError(f"Which model? {_WAY}")
    return [Source(argument)]


def load(argument: str = "", *, timeout: float = 0.0, device: str | None = None) -> BatchVlm:
    """`argument` is a folder or the name of a model that was pulled; `device` is the GPU where there is one.

    Raises UserError when there is no such model here, ModelError when its files are damaged.
    """
    if not argument:
        raise UserError(f"Which model? {_WAY}")
    folder, identity = model_files.locate("transformers", argument, sources)
    return Local(folder, f"transformers/{identity}", batches.device(device))


def reach(argument: str) -> str:
    """One line about the model's files, which must be here and whole; it is not loaded. Raises as `load`."""
    _, identity = model_files.locate("transformers", argument, sources)
    return f"{identity} is here"


class Local:
    """A model in this process."""

    def __init__(self, folder: Path, identity: str, on: torch.device) -> None:
        self._device = on
        self._model, self._processor = _open(folder, on)
        self._tokenizer = self._processor.tokenizer
        self._tokenizer.padding_side = "left"  # an answer continues what stands on the right
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._ends = _ends(self._model.generation_config.eos_token_id, self._tokenizer.eos_token_id)
        self._special = of_model(_special(self._processor))
        self._turns = ThreadPoolExecutor(1, "triptych-generate")
        self.name = identity
        self.pictures = PICTURES
        self.context = int(getattr(self._model.config.get_text_config(), "max_position_embeddings", 0) or 0)

    def stream(self, messages: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Reply]:
        """See `seams.Vlm`."""
        inputs = self._checked(self._prepare([messages]), max_tokens)
        pieces, left = _Pieces(self._tokenizer), _Left()
        made = self._turns.submit(self._generate, inputs, max_tokens, pieces, left)
        made.add_done_callback(lambda _: pieces.queue.put(None))
        said: list[str] = []
        try:
            while (piece := pieces.queue.get()) is not None:
                if piece:
                    said.append(piece)
                    yield piece
        finally:
            left.event.set()
        [tokens] = made.result()
        return self._reply("".join(said), tokens, int(inputs["attention_mask"].sum()), max_tokens)

    def replies(self, asked: Sequence[Sequence[Message]], *, max_tokens: int) -> list[Reply]:
        """See `seams.BatchVlm`: as many at once as the device takes."""
        size = GPU_BATCH if self._device.type == "cuda" else CPU_BATCH

        def answered(inputs: batches.Batch) -> list[Reply]:
            made = self._generate(self._checked(inputs, max_tokens), max_tokens)
            texts = self._tokenizer.batch_decode(made, skip_special_tokens=True)
            counts = inputs["attention_mask"].sum(1).tolist()
            rows = zip(texts, made, counts, strict=True)
            return [self._reply(text, tokens, count, max_tokens) for text, tokens, count in rows]

        def work() -> list[list[Reply]]:
            return batches.line(asked, self._prepare, answered, self._device, size, self._model.dtype)

        return [reply for batch in self._turns.submit(work).result() for reply in batch]

    def close(self) -> None:
        """Wait for the work under way, and end its thread."""
        self._turns.shutdown()

    def _prepare(self, asked: Sequence[Sequence[Message]]) -> batches.Batch:
        """Questions as the model takes them, padded to the longest."""
        for messages in asked:
            count = sum(not isinstance(part, str) for message in messages for part in message.parts)
            if count > self.pictures:
                raise VlmError(
                    "vlm-no-pictures",
                    f"The model {self.name} takes at most {self.pictures} pictures, not {count}.",
                )
        try:
            return self._templated([self._turn_list(messages) for messages in asked])
        except TemplateError:  # a model without a place for system messages
            return self._templated([self._turn_list(_without_system(messages)) for messages in asked])

    def _templated(self, talks: Sequence[Any]) -> batches.Batch:
        how = {"padding": True, "return_tensors": "pt"}
        return dict(
            self._processor.apply_chat_template(
                talks, add_generation_prompt=True, tokenize=True, return_dict=True, processor_kwargs=how
            )
        )

    def _turn_list(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        return [{"role": m.role, "content": [self._part(part) for part in m.parts]} for m in messages]

    def _part(self, part: Any) -> dict[str, Any]:
        if not isinstance(part, str):
            return {"type": "image", "image": batches.pictures([part])[0]}
        return {"type": "text", "text": broken_up(part, self._special)}

    def _checked(self, inputs: batches.Batch, max_tokens: int) -> batches.Batch:
        """`inputs` on the device. Raises VlmError when the model has no room for them and an answer."""
        length = inputs["input_ids"].shape[1]
        if self.context and length + max_tokens > self.context:
            raise VlmError(
                "vlm-context",
                f"The question and its evidence are {length} tokens, and with an answer of {max_tokens} longer than the "
                f"{self.context} that {self.name} takes. Ask with less evidence (answer.tokens, generation.pictures).",
            )
        return {
            name: _on(value, self._device, self._model.dtype) if isinstance(value, torch.Tensor) else value
            for name, value in inputs.items()
        }

    def _generate(
        self, inputs: batches.Batch, max_tokens: int, pieces: _Pieces | None = None, left: _Left | None = None
    ) -> list[list[int]]:
        """New tokens of each row, up to its end."""
        try:
            with torch.inference_mode():
                made = self._model.generate(
                    **inputs, max_new_tokens=max_tokens, do_sample=False, temperature=None, top_p=None, top_k=None,
                    pad_token_id=self._tokenizer.pad_token_id, streamer=pieces,
                    stopping_criteria=None if left is None else [left],
                )  # fmt: skip
        except torch.OutOfMemoryError as error:
            raise VlmError(
                "vlm-memory",
                f"The memory of {self._device} does not hold {self.name} and this question. Send smaller pictures "
                "(generation.side) or fewer (generation.pictures).",
            ) from error
        return [self._until_end(row) for row in made[:, inputs["input_ids"].shape[1] :].tolist()]

    def _until_end(self, tokens: list[int]) -> list[int]:
        """Without the padding behind the token that ends a row."""
        last = next((i for i, token in enumerate(tokens) if token in self._ends), len(tokens) - 1)
        return tokens[: last + 1]

    def _reply(self, text: str, tokens: Sequence[int], tokens_in: int, max_tokens: int) -> Reply:
        ended = bool(tokens) and tokens[-1] in self._ends
        return Reply(text, "stop" if ended or len(tokens) < max_tokens else "length", tokens_in, len(tokens))


class _Pieces(TextStreamer):  # type: ignore[misc]
    """What `generate` says, word by word, in a queue."""

    def __init__(self, tokenizer: Any) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self.queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        self.queue.put(text)


class _Left(StoppingCriteria):  # type: ignore[misc]
    """Ends the work for a stream that nobody reads any more."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        return torch.full((len(input_ids),), self.event.is_set(), device=input_ids.device, dtype=torch.bool)


def _open(folder: Path, on: torch.device) -> tuple[Any, Any]:
    """Model and processor. Raises UserError when the folder holds no model that looks and answers."""
    try:
        with batches.loading():
            processor = AutoProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            model = AutoModelForImageTextToText.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True,
                dtype=torch.float32 if on.type == "cpu" else "auto",
            )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, AttributeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"The folder {folder} holds no image-text-to-text model in safetensors ({reason}). {_WAY}"
        ) from error
    if not getattr(processor, "chat_template", None):
        raise UserError(
            f"The model in {folder} has no chat template, so it cannot be asked. Choose an instruct model."
        )
    return model.to(on).eval(), processor


def _on(value: torch.Tensor, device: torch.device, precision: torch.dtype) -> torch.Tensor:
    return value.to(device, precision) if value.is_floating_point() else value.to(device)


def _ends(*found: int | Sequence[int] | None) -> frozenset[int]:
    """Ids of the tokens that end an answer."""
    lists = [[one] if isinstance(one, int) else one or [] for one in found]
    return frozenset(token for ids in lists for token in ids)


def _special(processor: Any) -> Iterator[str]:
    """The model's special tokens."""
    tokenizer = processor.tokenizer
    yield from tokenizer.all_special_tokens
    yield from (str(token) for token in tokenizer.added_tokens_decoder.values() if token.special)
    for name in ("image_token", "video_token", "audio_token"):
        if isinstance(token := getattr(processor, name, None), str):
            yield token


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """System messages at the head of the first question, for models that know no others."""
    system = [part for m in messages if m.role == "system" for part in (*m.parts, "\n\n")]
    rest = [m for m in messages if m.role != "system"]
    return (
        [Message(rest[0].role, (*system, *rest[0].parts)), *rest[1:]]
        if rest
        else [Message("user", tuple(system))]
    )
