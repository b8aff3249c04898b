"""One point of the grid: how much a model is asked to do at once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, order=True)
class Workload:
    """A batch of equally long prompts and what is asked for after them, in tokens."""

    batch: int
    prompt_tokens: int
    new_tokens: int = 0

    def __str__(self) -> str:
        new = f"-n{self.new_tokens}" if self.new_tokens else ""
        return f"b{self.batch}-p{self.prompt_tokens}{new}"

    @property
    def length(self) -> int:
        """The positions that a model needs for it: the token after a prefill is never read."""
        return self.prompt_tokens + self.new_tokens

    def prompt(self, tokens: Sequence[int], seed: int = 0) -> list[list[int]]:
        """Rows cut from `tokens`: the same for every variant and machine, seeded by the id."""
        dice = random.Random(f"{seed}:{self}")
        last = len(tokens) - self.prompt_tokens
        starts = [dice.randint(0, last) for _ in range(self.batch)]
        return [list(tokens[at : at + self.prompt_tokens]) for at in starts]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Axes that are fully crossed; a suite's `GRID`. Without `new`, `--new` does not touch it."""

    batch: tuple[int, ...] = (1,)
    prompt: tuple[int, ...] = (32,)
    new: tuple[int, ...] = ()

    def workloads(self) -> Iterator[Workload]:
        """Every combination, smallest first."""
        for batch, prompt, new in product(self.batch, self.prompt, self.new or (0,)):
            yield Workload(batch, prompt, new)
