"""Texts that two models write from the same prompts, and where they part."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.model import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROMPTS, PROMPT_TOKENS, NEW_TOKENS = 4, 32, 64
TEMPERATURE = 0.8


@dataclass(frozen=True)
class Pair:
    """What the teacher and a variant wrote behind one prompt."""

    teacher: tuple[int, ...]
    variant: tuple[int, ...]

    @property
    def parting(self) -> int | None:
        """The first token that differs, counted from 0; None where they are the same."""
        places = enumerate(zip(self.teacher, self.variant, strict=True))
        return next((at for at, (one, other) in places if one != other), None)

    @property
    def together(self) -> int:
        """How many tokens are the same before the first that is not."""
        return len(self.teacher) if self.parting is None else self.parting

    @property
    def equal(self) -> float:
        """The share of places with the same token."""
        same = sum(a == b for a, b in zip(self.teacher, self.variant, strict=True))
        return same / len(self.teacher)


def prompts(tokens: Sequence[int], seed: int) -> list[list[int]]:
    """Cut from the evaluation text, the same for every variant: by the seed alone."""
    dice = random.Random(f"samples-{seed}")
    last = max(0, len(tokens) - PROMPT_TOKENS)
    starts = [dice.randint(0, last) for _ in range(PROMPTS)]
    return [list(tokens[start : start + PROMPT_TOKENS]) for start in starts]


def greedy(model: Model, prompt: Sequence[int]) -> tuple[int, ...]:
    """The likeliest token at every step; one row, as batches round differently."""
    return tuple(model.generate([list(prompt)], NEW_TOKENS)[0])


def sampled(model: Model, prompt: Sequence[int], seed: int) -> tuple[int, ...]:
    """Drawn at `TEMPERATURE`, one seeded number a step: equal distributions write equal texts.

    The number is a place in the cumulated probabilities, in the order of the vocabulary, so
    that distributions which are nearly the same seldom part.
    """
    dice = random.Random(seed)

    def choose(scores: NDArray[Any]) -> list[int]:
        return [draw(scores[0], dice.random())]

    return tuple(model.decode([list(prompt)], NEW_TOKENS, choose)[0])


def draw(scores: NDArray[Any], place: float) -> int:
    """The token at `place` (0 to 1) of the cumulated softmax of `scores` (vocabulary)."""
    import numpy as np

    wide = scores.astype(np.float64) / TEMPERATURE
    cumulated = np.exp(wide - wide.max()).cumsum()
    found = int(np.searchsorted(cumulated, place * cumulated[-1], side="right"))
    return min(found, len(cumulated) - 1)
