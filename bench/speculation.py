"""Decoding by drafts: how many of them hold, and how many must for it to pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from bench.duel import RECIPE, Duel
from bench.metrics.speculation import acceptance_rate, break_even, tokens_per_step
from bench.metrics.speedup import decode_speedup
from bench.model import Model
from bench.note import Note


@dataclass(frozen=True, kw_only=True)
class Speculation:
    """What the drafts of the last text came to; its first token, which needs none, not counted."""

    steps: int
    """Forwards of the model itself after the prompt's."""
    drafted: int
    accepted: int
    tokens: int
    """Written by those steps: the accepted drafts and, at every step, one of its own."""

    @classmethod
    def of(cls, steps: Sequence[tuple[int, int]]) -> Speculation:
        """Of each step's drafts and tokens."""
        tokens = sum(written for _, written in steps)
        accepted = tokens - len(steps)
        drafted = sum(drafts for drafts, _ in steps)
        return cls(steps=len(steps), drafted=drafted, accepted=accepted, tokens=tokens)

    @property
    def acceptance(self) -> float | None:
        """Share of the drafts that held; None where there was none."""
        return self.accepted / self.drafted if self.drafted else None

    @property
    def per_step(self) -> float | None:
        """Tokens a step; None where there was none."""
        return self.tokens / self.steps if self.steps else None

    def as_json(self) -> dict[str, Any]:
        """The counts and what they come to."""
        return {**vars(self), "acceptance": self.acceptance, "tokens_per_step": self.per_step}


@runtime_checkable
class Speculator(Protocol):
    """A Model that decodes by drafts."""

    def speculation(self) -> Speculation:
        """Of the last text that it wrote."""
        ...


def note_speculation(model: Model, note: Note) -> None:
    """Put the counts of the text that was just timed into the cell; nothing for other models."""
    if not isinstance(model, Speculator):
        return
    found = model.speculation()
    note.exact(acceptance_rate, found.acceptance)
    note.exact(tokens_per_step, found.per_step)
    note.fact("speculation", found.as_json())


def note_break_even(model: Model, duel: Duel) -> None:
    """Put what a step cost in steps of the teacher into the cell: so many tokens it must yield.

    Measured: tokens a step over the paired speed-up, block by block.
    """
    if not isinstance(model, Speculator):
        return
    note_speculation(model, duel)
    per_step, ratios = model.speculation().per_step, duel.speedups.get(decode_speedup, ())
    costs = [per_step / ratio for ratio in ratios] if per_step else []
    duel.samples(break_even, costs, duel.cut if costs else 0, RECIPE)


def expected_tokens(acceptance: float, drafts: int) -> float:
    """Tokens that a step yields where each of `drafts` holds with that chance (arXiv 2211.17192).

    (1 - a^(k+1)) / (1 - a), from 1 at a = 0 to k + 1 at a = 1.
    """
    return sum(acceptance**held for held in range(drafts + 1))


def break_even_acceptance(cost: float, drafts: int) -> float | None:
    """The chance at which `expected_tokens` is what a step costs, `cost` in steps of the teacher.

    None where no chance is enough.
    """
    if cost > drafts + 1:
        return None
    low, high = 0.0, 1.0
    for _ in range(60):  # halves the interval to the last bit of a float
        middle = (low + high) / 2
        low, high = (middle, high) if expected_tokens(middle, drafts) < cost else (low, middle)
    return high
