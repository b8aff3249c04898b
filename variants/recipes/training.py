"""The one training loop: seeded by step, shown as it goes, and resumable after a kill."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from bench.errors import MakeFailed, Unsupported
from bench.needs import cpu_flags
from bench.progress import progress
from variants.recipes.material import Slices, rows
from variants.recipes.state import ENDING, Keeper, Standing

LOOKS_EVERY, LOOKED_AT = 20, 16
"""Steps between two looks, and the rows of one."""
SAVED_EVERY = 20
"""Steps between two states: what a kill costs at most."""
WARMING, START, END = 0.1, 25, 1e4
"""One cycle (arXiv 1708.07120): share of the steps uphill, and the rate's two divisors."""

Loss = Callable[[torch.Tensor], torch.Tensor]
"""ids (batch, length) -> a scalar to be lowered."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long and on how much."""

    steps: int
    rate: float
    batch: int = 8
    length: int = 256
    patience: int = 0
    """Looks at the held-out slice without a better loss until it stops; 0: never looks."""
    checkpoints: tuple[int, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """What is trained, on which tokens, towards what."""

    title: str
    model: PreTrainedModel
    """Its parameters that require a gradient are trained."""
    loss: Loss
    tokens: torch.Tensor


def train(
    lesson: Lesson, plan: Plan, folder: Path, keep: Callable[[int], None] = lambda _: None
) -> Standing:
    """AdamW over one cycle of the rate; the state stands in `folder` until `state.clear`.

    `keep(step)` is called after each step of `plan.checkpoints`. A training that has ended is only
    read back. Raises MakeFailed where the loss is no number.
    """
    return _Course(lesson, plan, folder / f"{lesson.title}{ENDING}").run(keep)


class _Course:
    """One training under way."""

    def __init__(self, lesson: Lesson, plan: Plan, path: Path) -> None:
        self.lesson, self.plan = lesson, plan
        self.slices = Slices.of(lesson.tokens)
        self.length = min(plan.length, lesson.model.config.max_position_embeddings)
        if min(len(self.slices.learnt), len(self.slices.looked_at)) <= self.length:
            raise Unsupported(
                f"{lesson.title}: {len(lesson.tokens)} tokens of training text are too few for "
                f"rows of {self.length}"
            )
        self.weights = {n: p for n, p in lesson.model.named_parameters() if p.requires_grad}
        self.optimizer = torch.optim.AdamW(self.weights.values(), lr=plan.rate, betas=(0.9, 0.95))
        self.keeper = Keeper(path, json.dumps(asdict(plan)), self.optimizer, self.weights)
        self.standing, self.best = Standing(), dict[str, torch.Tensor]()

    def run(self, keep: Callable[[int], None]) -> Standing:
        if found := self.keeper.read():
            self.standing, self.best = found
        with progress(self.lesson.title, self.plan.steps) as advance:
            for _ in range(self.standing.step):
                advance()
            while not self.standing.ended:
                self._step()
                self._look()
                if self.standing.step in self.plan.checkpoints:
                    keep(self.standing.step)  # before the state: one that is behind writes it again
                self._save()
                advance(f"loss {self.standing.last_loss:.3f}")
        self.lesson.model.eval()
        return self.standing

    def _step(self) -> None:
        step = self.standing.step
        torch.manual_seed(step)  # of this step's rows and dropout: no state of dice to be kept
        starts = torch.randint(len(self.slices.learnt) - self.length, (self.plan.batch,)).tolist()
        self.lesson.model.train()
        loss = self.lesson.loss(rows(self.slices.learnt, starts, self.length))
        if not math.isfinite(loss.item()):
            raise MakeFailed(
                f"{self.lesson.title}: the loss is {loss.item()} at step {step + 1} of "
                f"{self.plan.steps}; take a lower rate than {self.plan.rate:g}"
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights.values(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = one_cycle(step, self.plan)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.standing.step, self.standing.last_loss = step + 1, loss.item()
        self.standing.ended = self.standing.step == self.plan.steps

    def _look(self) -> None:
        """Early stopping keeps the weights of the best look."""
        standing = self.standing
        if not self.plan.patience or (standing.step % LOOKS_EVERY and not standing.ended):
            return
        found = held_out_loss(self.lesson.model, self.slices.looked_at, self.length)
        if found < standing.best:
            standing.best, standing.best_step, standing.since_best = found, standing.step, 0
            self.best = {name: w.detach().clone() for name, w in self.weights.items()}
        else:
            standing.since_best += 1
        standing.ended = standing.ended or standing.since_best >= self.plan.patience
        if standing.ended:
            with torch.no_grad():
                for name, weight in self.weights.items():
                    weight.copy_(self.best[name])

    def _save(self) -> None:
        if self.standing.ended or self.standing.step % SAVED_EVERY == 0:
            self.keeper.write(self.standing, self.best)


def one_cycle(step: int, plan: Plan) -> float:
    """The rate of the 0-based `step`: half a cosine up, half a cosine down."""
    low, top = plan.rate / START, WARMING * plan.steps - 1
    if step < top:
        return _cosine(low, plan.rate, step / top)
    return _cosine(plan.rate, low / END, (step - top) / (plan.steps - 1 - top))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


@torch.no_grad()
def held_out_loss(model: PreTrainedModel, tokens: torch.Tensor, length: int) -> float:
    """Nats per token of the model's next tokens, over rows spread evenly over `tokens`."""
    model.eval()
    starts = torch.linspace(0, len(tokens) - length, LOOKED_AT).long().tolist()
    losses = [next_token_loss(model, rows(tokens, [start], length)).item() for start in starts]
    return sum(losses) / len(losses)


def next_token_loss(model: PreTrainedModel, ids: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy in nats per token of ids (batch, length)."""
    with fast():
        scores = model(input_ids=ids, use_cache=False).logits[:, :-1]
    return cross_entropy(scores.float().flatten(0, 1), ids[:, 1:].flatten())


def fast() -> AbstractContextManager[Any]:
    """bfloat16 where the processor multiplies it in hardware."""
    if {"avx512_bf16", "amx_bf16"} & set(cpu_flags()):
        return torch.autocast("cpu", dtype=torch.bfloat16)
    return nullcontext()


def facts(standing: Standing) -> Mapping[str, Any]:
    """For the artifact's own record."""
    found: dict[str, Any] = {"steps": standing.step, "last_loss": standing.last_loss}
    if standing.best_step:
        found |= {"kept_step": standing.best_step, "held_out_loss": standing.best}
    return found
