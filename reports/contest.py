"""Who is better: how a figure stands to the teacher's, and whether one stands out from all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bench.record import Run, Value
from bench.statistics import Interval, mean_interval
from reports.names import NAME_LIMIT

CURVED = ("bootstrap_exp", "bootstrap_rms")
"""Estimators whose value is no mean of the samples, so that their differences say nothing of it."""
Verdict = Literal["better", "worse", "unclear"]


@dataclass(frozen=True, kw_only=True)
class Against:
    """How a figure stands to the teacher's: a ratio, or a difference where it is paired."""

    value: float
    low: float | None
    high: float | None
    verdict: Verdict
    paired: bool = False
    """Whether both were measured side by side, so that what moved one moved the other."""
    doubt: str | None = None
    """The status in doubt of one of the two cells, if either has one."""


def is_difference(value: Value) -> bool:
    """Whether it is compared by subtraction: a loss is a logarithm already."""
    return value.kind == "paired"


def against(mine: Value, teacher: Value) -> Against | None:
    """`mine` as against the teacher's; None where one is missing or nothing can be divided."""
    if mine.value is None or teacher.value is None or not comparable(mine, teacher):
        return None
    if is_difference(mine):
        return _difference(mine, teacher)
    if teacher.value <= 0:
        return None
    low, high = _ratio_interval(mine, teacher) or (None, None)
    value = mine.value / teacher.value
    exact = mine.kind == "exact" and teacher.kind == "exact"
    verdict = _verdict((value, value) if exact else (low, high), 1.0, mine.better)
    return Against(value=value, low=low, high=high, verdict=verdict)


def comparable(one: Value, other: Value) -> bool:
    """Figures of different units or recipes are never compared."""
    return refusal(one, other) is None


def refusal(one: Value, other: Value, whose: str = "the teacher's") -> str | None:
    """Why two figures are not compared; None where they may be. `whose` names the other."""
    if one.unit == other.unit and one.recipe == other.recipe:
        return None
    for what in ("unit", "recipe"):
        mine, others = getattr(one, what), getattr(other, what)
        if mine != others:
            return f"its {what} is {mine or 'not named'}, {whose} {others or 'not named'}"
    return None


def why_incomparable(one: Run, other: Run) -> str | None:
    """Why no figure of one run may be set against one of the other; None where it may."""
    for what, key in (("text", "fingerprint"), ("tokenizer", "tokenizer"), ("recipe", "recipe")):
        if said := _differ(what, one.text.get(key), other.text.get(key)):
            return said
    # A path says little of what lay there; the content decides where both runs carry its digest.
    content = (one.settings.get("teacher_content"), other.settings.get("teacher_content"))
    names = (one.settings.get("teacher"), other.settings.get("teacher"))
    dtypes = (one.settings.get("teacher_dtype"), other.settings.get("teacher_dtype"))
    same = _differ("teacher", *(content if all(content) else names))
    return same or _differ("teacher's dtype", *dtypes)


def _differ(what: str, mine: object, theirs: object) -> str | None:
    if mine == theirs:
        return None
    here, there = (str(found)[:NAME_LIMIT] for found in (mine, theirs))
    return f"the {what} differs: {here} here, {there} there"


def winner(values: Mapping[str, Value]) -> str | None:
    """The name of the one that is better than every other, or None where they do not part."""
    known = {name: value for name, value in values.items() if value.value is not None}
    if len(known) < 2:
        return None
    sign = 1.0 if next(iter(known.values())).better == "lower" else -1.0
    first = min(known, key=lambda name: sign * (known[name].value or 0.0))
    others = (value for name, value in known.items() if name != first)
    return first if all(part(known[first], other) for other in others) else None


def part(one: Value, other: Value) -> bool:
    """Whether two figures differ for sure; touching intervals do not."""
    if not comparable(one, other):
        return False
    if one.kind == "exact" and other.kind == "exact":
        return one.value != other.value
    found = paired_interval(one, other)
    if found:
        return found[0] > 0 or found[1] < 0
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.high < other.low or other.high < one.low


def paired_interval(one: Value, other: Value) -> Interval:
    """95 % interval of the mean difference per window; None where the windows do not match."""
    same = len(one.samples) == len(other.samples) and one.weights == other.weights
    if one.kind != "paired" or not one.samples or not same or one.estimator in CURVED:
        return None
    differences = [a - b for a, b in zip(one.samples, other.samples, strict=True)]
    return mean_interval(differences, one.weights or None)


def _difference(mine: Value, teacher: Value) -> Against:
    low, high = paired_interval(mine, teacher) or (None, None)
    value = (mine.value or 0.0) - (teacher.value or 0.0)
    return measured_gap(value, (low, high), 0.0, mine.better)


def measured_gap(
    value: float, ends: tuple[float | None, float | None], middle: float, better: str
) -> Against:
    """A comparison whose interval is its own: `middle` is where the two are equal."""
    low, high = ends
    verdict = _verdict(ends, middle, better)
    return Against(value=value, low=low, high=high, verdict=verdict, paired=True)


def _ratio_interval(mine: Value, teacher: Value) -> Interval:
    """Every ratio that the two intervals allow: wider than needed, as the two are unpaired."""
    if mine.low is None or mine.high is None or teacher.low is None or teacher.high is None:
        return None
    return (mine.low / teacher.high, mine.high / teacher.low) if teacher.low > 0 else None


def _verdict(span: tuple[float | None, float | None], middle: float, better: str) -> Verdict:
    low, high = span
    if low is None or high is None or low <= middle <= high:
        return "unclear"
    return "better" if (high < middle) == (better == "lower") else "worse"
