"""Texts that two models write from the same prompts, and where they part."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.model import Model
from bench.tokenizing import decode

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROMPTS, PROMPT_TOKENS, NEW_TOKENS = 4, 32, 64
TEMPERATURE = 0.8


@dataclass(frozen=True)
class Side:
    """What the teacher and a variant wrote behind one prompt."""

    prompt: tuple[int, ...]
    teacher: tuple[int, ...]
    variant: tuple[int, ...]
    temperature: float = 0.0
    """0: the likeliest token at every step."""
    seed: int = 0

    @property
    def recipe(self) -> str:
        """How its figures are worked out."""
        warmth = f"temperature{self.temperature}" if self.temperature else "greedy"
        return f"{PROMPTS}x{NEW_TOKENS}-{warmth}-seed{self.seed}"

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

    def told(self, folder: Path) -> dict[str, Any]:
        """For the run file, as text of the tokenizer in `folder`."""
        return {
            "prompt": decode(folder, self.prompt),
            "temperature": self.temperature,
            "teacher": decode(folder, self.teacher),
            "variant": decode(folder, self.variant),
            "first_difference": self.parting,
            "equal_tokens": self.equal,
        }


def side_by_side(
    model: Model, teacher: Model, starts: Sequence[Sequence[int]], seed: int
) -> Iterator[Side]:
    """Both models' greedy texts, then their sampled ones; the teacher itself writes twice."""
    for start in starts:
        pair = greedy(teacher, start), greedy(model, start)
        yield Side(tuple(start), *pair, seed=seed)
    for at, start in enumerate(starts):
        pair = sampled(teacher, start, seed + at), sampled(model, start, seed + at)
        yield Side(tuple(start), *pair, TEMPERATURE, seed)


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
