"""What a metric is judged by when no policy says otherwise: by its kind, its unit and its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from math import isfinite, log1p
from typing import Literal, get_args

Test = Literal["tolerance", "samples", "pairs", "none"]
"""How a metric is tested: by a bare tolerance, by samples that two runs share (windows of a text),
by pairs of processes, or not at all."""
TESTS: tuple[Test, ...] = get_args(Test)


@dataclass(frozen=True)
class Margin:
    """How much worse is bad."""

    size: float
    relative: bool

    def __str__(self) -> str:
        return f"{100 * self.size:g}%" if self.relative else f"{self.size:g}"

    def absolute(self, of: float) -> float:
        """In the metric's own unit, for a baseline of `of`."""
        return self.size * abs(of) if self.relative else self.size

    @property
    def log(self) -> float:
        """As a log ratio; only of a relative one."""
        assert self.relative
        return log1p(self.size)

    @classmethod
    def of(cls, said: object) -> Margin:
        """From `"3%"` or an absolute number. Raises ValueError."""
        if isinstance(said, str) and (found := re.fullmatch(r"(\d+(?:\.\d+)?) ?%", said.strip())):
            return cls(float(found[1]) / 100, True)
        if isinstance(said, bool) or not isinstance(said, int | float) or not isfinite(said):
            raise ValueError("is neither a share such as '3%' nor a number in the metric's unit")
        if said < 0:
            raise ValueError("is below 0")
        return cls(float(said), False)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What one metric of one cell is judged by."""

    margin: Margin
    tier: Margin
    """Of the geometric mean over a variant's cells, where small shifts add up."""
    test: Test
    blocks: bool = True


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One metric of one cell, by everything that a policy may ask of it."""

    cell: str
    variant: str
    metric: str
    kind: str
    unit: str

    def matches(self, patterns: Mapping[str, str]) -> bool:
        """Whether every pattern (of `cell`, `variant` or `metric`) fits; * and ? stand for more."""
        # brackets stand for themselves, since every cell's name has them
        return all(
            fnmatchcase(getattr(self, key), pattern.replace("[", "[[]"))
            for key, pattern in patterns.items()
        )


def _share(size: float) -> Margin:
    return Margin(size, relative=True)


_UNUSED = _share(0.02)
TIMING = Terms(margin=_share(0.03), tier=_share(0.02), test="pairs")
KINDS: Mapping[str, Terms] = {
    "timing": TIMING,
    "exact": Terms(margin=_share(0.001), tier=_UNUSED, test="tolerance"),
    "paired": Terms(margin=_share(0.05), tier=_UNUSED, test="samples"),
    "tail": Terms(margin=_share(0.1), tier=_UNUSED, test="none"),
}
ABSOLUTE: Mapping[str, float] = {
    "loss": 0.01,
    "loss_difference": 0.01,
    "kl": 0.01,
    "top1": 0.01,
    "rms_probability": 0.005,
}
"""Margins in the metric's own unit: a share of a KL near 0 would mean nothing."""
DERIVED = (
    "perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "kl_median",
    "bandwidth_share", "flops_share",
)  # fmt: skip
"""A loss, KL or time told in another way; judged beside it, one change would count twice."""


def usual(subject: Subject) -> Terms:
    """The terms without a policy. A rate is a time told in another way, so it is not judged."""
    found = KINDS[subject.kind]
    if subject.unit == "tok/s" or subject.metric in DERIVED:
        return replace(found, test="none")
    if subject.metric in ABSOLUTE:
        return replace(found, margin=Margin(ABSOLUTE[subject.metric], relative=False))
    return found
