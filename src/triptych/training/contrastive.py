"""Contrastive fine-tuning of an image-text model on one's own pairs (symmetric InfoNCE, as in CLIP).

Radford et al. 2021, https://arxiv.org/abs/2103.00020, section 2.3. Two things differ: pairs that share a
picture or a text are not held against each other, and the best weights on held-back pictures win, which may
be those one began with.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from triptych import plugins
from triptych.errors import UserError
from triptych.hub import model_files
from triptych.neural import batches
from triptych.training import checkpoint
from triptych.training.pairs import Pair, fingerprint, pixels, split
from triptych.training.recall import Recall, matches, recall

_HOTTEST = math.log(100)  # CLIP's bound on the logarithm of the scale of the scores
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. The defaults suit some hundred to some ten thousand pairs."""

    epochs: int = 8
    batch: int = 64
    rate: float = 1e-5  # peak learning rate
    warmup: float = 0.1  # share of all steps in which the rate rises
    decay: float = 0.05  # of weights, not of biases and norms
    held_back: float = 0.1  # share of the pictures
    patience: int = 2  # epochs without gain until it stops
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it. `stopped` is finished, early or no-gain; then `folder` is "" and nothing was written."""

    folder: str
    base: str
    pairs: int
    held_back: int
    epochs: int
    stopped: str
    before: Recall
    after: Recall
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def train(
    base: str,
    pairs: Sequence[Pair],
    out: Path,
    recipe: Recipe,
    *,
    say: Say,
    device: str | None = None,
    restart: bool = False,
) -> Report:
    """Fit `base` (a folder or name that the back end sentence_transformers loads) to `pairs`; write it to `out`.

    Goes on where an earlier call with the same arguments was interrupted. Raises UserError when the pairs are
    too few or `out` is taken, ModelError when memory ends.
    """
    if out.exists():
        raise UserError(f"'{out}' is there already. Give another folder with --out, or delete it.")
    run = _Run(base, pairs, out, recipe, say, device, restart)
    for epoch in range(run.epoch, recipe.epochs):
        run.learn(epoch)
        if run.idle >= recipe.patience:
            break
    return run.finish()


class _Run:
    """A model being trained, and what is needed to go on with it."""

    def __init__(
        self,
        base: str,
        pairs: Sequence[Pair],
        out: Path,
        recipe: Recipe,
        say: Say,
        device: str | None,
        restart: bool,
    ) -> None:
        self._started = time.monotonic()
        self._recipe, self._out, self._say, self._base = recipe, out, say, base
        self._checkpoint = out.with_name(f"{out.name}.training")
        self._learn, self._held = split(pairs, recipe.held_back)
        self._identity = {"base": base, "pairs": fingerprint(pairs), "recipe": asdict(recipe)}
        backend = plugins.module("encoders", "sentence_transformers")
        self._device = batches.device(device)
        self._model = backend.open_image_text(base, self._device)
        self._side = int(backend.input_side(self._model)) * 2
        self._scale = _scale_of(self._model, self._device)
        self._optimizer = torch.optim.AdamW(_groups(self._model, self._scale, recipe.decay), lr=recipe.rate)
        self._steps = max(1, recipe.epochs * math.ceil(len(self._learn) / recipe.batch))
        self.epoch, self._step, self.idle, self._stopped = 0, 0, 0, "finished"
        if restart:
            checkpoint.remove(self._checkpoint)
        if not self._resumed():
            self._before = self._best = self._measured()
            self._best_weights = self._weights()
            say(
                f"{len(self._learn)} pairs to learn from, {len(self._held)} held back; before: {self._before}"
            )

    # ------------------------------------------------------------------------------------ learning

    def learn(self, epoch: int) -> None:
        """One pass over the pairs, then the recall on those held back, then a checkpoint."""
        order = np.random.default_rng((self._recipe.seed, epoch)).permutation(len(self._learn))
        size = self._recipe.batch
        if 0 < len(order) % size < 2:  # one pair has nothing to be told from
            order = order[: len(order) - len(order) % size]
        chosen = [self._learn[i] for i in order]
        self._model.train()
        losses = batches.line(chosen, self._prepare, self._improve, self._device, size, torch.float32)
        self.epoch = epoch + 1
        found = self._measured()
        better = found.mean > self._best.mean
        self.idle = 0 if better else self.idle + 1
        if better:
            self._best, self._best_weights = found, self._weights()
        self._say(f"epoch {self.epoch} of {self._recipe.epochs}: loss {np.mean(losses):.3f}, {found}")
        self._save()

    def _improve(self, batch: batches.Batch) -> float:
        """One step of the optimizer on a batch; returns its loss."""
        torch.manual_seed(self._recipe.seed + self._step)  # so that going on equals never having stopped
        for group in self._optimizer.param_groups:
            group["lr"] = self._recipe.rate * _schedule(self._step, self._steps, self._recipe.warmup)
        with self._precision():
            images, texts = self._towers(batch)
        loss = _info_nce(images.float(), texts.float(), self._scale, batch["same"])
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for g in self._optimizer.param_groups for p in g["params"]], 1.0)
        self._optimizer.step()
        with torch.no_grad():
            self._scale.clamp_(0, _HOTTEST)
        self._step += 1
        return float(loss.detach())

    def _towers(self, batch: batches.Batch) -> tuple[torch.Tensor, torch.Tensor]:
        seen, read = (
            self._model({k.partition("/")[2]: v for k, v in batch.items() if k.startswith(f"{name}/")})
            for name in ("image", "text")
        )
        return seen["sentence_embedding"], read["sentence_embedding"]

    def _precision(self) -> Any:
        """bfloat16 where a GPU multiplies; the weights stay float32."""
        return torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda")

    def _prepare(self, pairs: Sequence[Pair]) -> batches.Batch:
        """Both towers' inputs, names marked with the tower, and which pairs say the same."""
        pictures = batches.pictures([pixels(pair, self._side) for pair in pairs])
        batch = {f"image/{k}": v for k, v in self._model.preprocess(pictures).items()}
        texts = [{"text": text} for text in batches.clean([pair.text for pair in pairs])]
        batch |= {f"text/{k}": v for k, v in self._model.preprocess(texts).items()}
        batch["same"] = _same(pairs)
        return batch

    # ----------------------------------------------------------------------------------- measuring

    def _measured(self) -> Recall:
        """Recall on the held-back pairs, words to pictures and pictures to words."""
        self._model.eval()
        pictures = list({pair.key: pair for pair in self._held}.values())
        number = {pair.key: i for i, pair in enumerate(pictures)}
        texts = [{"text": text} for text in batches.clean([pair.text for pair in self._held])]

        def seen(some: Sequence[Pair]) -> batches.Batch:
            arrays = [pixels(pair, self._side) for pair in some]
            return dict(self._model.preprocess(batches.pictures(arrays)))

        dim = int(self._model.get_embedding_dimension())
        images = batches.rows(pictures, seen, self._embed, self._device, dim, torch.float32)
        words = batches.rows(
            texts, lambda t: dict(self._model.preprocess(t)), self._embed, self._device, dim, torch.float32
        )
        owners = [number[pair.key] for pair in self._held]
        return recall(images, words, matches(owners, [pair.text for pair in self._held], len(pictures)))

    def _embed(self, batch: batches.Batch) -> torch.Tensor:
        with self._precision():
            found: torch.Tensor = self._model(batch)["sentence_embedding"]
        return found

    # ------------------------------------------------------------------------------------- keeping

    def _weights(self) -> checkpoint.Tensors:
        held = {name: value.detach().cpu().clone() for name, value in self._model.state_dict().items()}
        return held | {"triptych.scale": self._scale.detach().cpu().clone()}

    def _put(self, weights: checkpoint.Tensors) -> None:
        weights = dict(weights)
        with torch.no_grad():
            self._scale.copy_(weights.pop("triptych.scale"))
        self._model.load_state_dict(weights)

    def _save(self) -> None:
        state = {**self._identity, "epoch": self.epoch, "step": self._step, "idle": self.idle,
                 "before": self._before.to_dict(), "best": self._best.to_dict()}  # fmt: skip
        packed = checkpoint.pack(self._optimizer)
        checkpoint.save(self._checkpoint, state, self._weights(), self._best_weights, packed)

    def _resumed(self) -> bool:
        """Take up an unfinished training of the same kind, if there is one. Raises UserError for another."""
        found = checkpoint.load(self._checkpoint)
        if found is None:
            return False
        state, weights, best, optimizer = found
        if any(state[key] != value for key, value in self._identity.items()):
            raise UserError(
                f"{self._checkpoint} holds an unfinished training with other pairs or settings. "
                "Go on with those, begin anew with --restart, or give another --out."
            )
        self._put(weights)
        checkpoint.unpack(self._optimizer, optimizer)
        self._before, self._best = Recall(**state["before"]), Recall(**state["best"])
        self._best_weights = best
        self.epoch, self._step, self.idle = state["epoch"], state["step"], state["idle"]
        self._say(f"going on after epoch {self.epoch} of {self._recipe.epochs}; before: {self._before}")
        return True

    def finish(self) -> Report:
        """Write the best weights as a model folder, if they are better than those one began with."""
        gained = self._best.mean > self._before.mean
        stopped = "no-gain" if not gained else "early" if self.epoch < self._recipe.epochs else "finished"
        if gained:
            self._put(self._best_weights)
            self._write()
        checkpoint.remove(self._checkpoint)
        return Report(
            str(self._out) if gained else "",
            self._base,
            len(self._learn),
            len(self._held),
            self.epoch,
            stopped,
            self._before,
            self._best,
            round(time.monotonic() - self._started, 1),
        )

    def _write(self) -> None:
        new = self._out.with_name(f"{self._out.name}.new")
        self._model.save_pretrained(str(new), create_model_card=False)
        model_files.write(new, f"sentence_transformers:{self._out}", source=f"fine-tuned from {self._base}")
        new.rename(self._out)


# --------------------------------------------------------------------------------------- arithmetic


def _scale_of(model: Any, on: torch.device) -> torch.Tensor:
    """The logarithm of the scale of scores: the model's own where it has one, else CLIP's first value."""
    own = getattr(model.transformers_model, "logit_scale", None)
    if isinstance(own, torch.Tensor):
        with torch.no_grad():
            own.clamp_(0, _HOTTEST)
        return own
    return torch.nn.Parameter(torch.tensor(math.log(1 / 0.07), device=on))


def _groups(model: Any, scale: torch.Tensor, decay: float) -> list[dict[str, Any]]:
    """Parameters in two groups: matrices, whose weights decay, and the rest."""
    known = {id(p): p for p in [*model.parameters(), scale] if p.requires_grad}
    matrices = [p for p in known.values() if p.ndim >= 2]
    rest = [p for p in known.values() if p.ndim < 2]
    return [{"params": matrices, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]


def _schedule(step: int, steps: int, warmup: float) -> float:
    """Share of the peak rate: a linear rise, then half a cosine down to zero."""
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rising) / max(1, steps - rising))))


def _same(pairs: Sequence[Pair]) -> torch.Tensor:
    """(n, n) bool: which other pairs have the same picture or the same text, and so are no wrong answers."""
    keys, texts = (np.array(v) for v in zip(*((p.key, p.text.casefold()) for p in pairs), strict=True))
    same = (keys[:, None] == keys[None, :]) | (texts[:, None] == texts[None, :])
    np.fill_diagonal(same, False)
    return torch.from_numpy(same)


def _info_nce(
    images: torch.Tensor, texts: torch.Tensor, scale: torch.Tensor, same: torch.Tensor
) -> torch.Tensor:
    """Mean of the two cross entropies of (n, dim) images and texts, row i of one belonging to row i of the other."""
    images, texts = (torch.nn.functional.normalize(v, dim=-1) for v in (images, texts))
    scores = (scale.exp() * images @ texts.T).masked_fill(same, -torch.inf)
    right = torch.arange(len(images), device=images.device)
    cross = torch.nn.functional.cross_entropy
    return (cross(scores, right) + cross(scores.T, right)) / 2
