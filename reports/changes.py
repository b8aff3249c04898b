"""How one figure changed from one run to another: by how much, how surely, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.record import Record, Run, Value
from reports.contest import measured_gap, paired_interval, refusal
from reports.doubts import doubt, timeless, under_profile
from reports.gaps import teachers_cell
from reports.ratios import Estimate, difference, estimate_of, finite, ratio
from reports.relative import OF_EITHER, is_relative, paired_gap
from reports.roster import TEACHER, imitated

BEYOND = "no ratio can be taken of a figure that is not above nought, or beyond every number"
State = Literal["compared", "missing", "new", "incomparable"]
Relation = Literal["ratio", "difference"]
Verdict = Literal["better", "worse", "unclear", "same"]
Figure = tuple[Record | None, Value | None]
"""A run's record of a cell, and what `figure_of` finds there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A run and the first run, which it is set against."""

    one: Run
    """The first run."""
    other: Run
    name: str
    against: str
    """What the first run is called."""
    why: str | None
    """Why nothing of the two may be compared."""
    hardware: str | None
    """What is different about the machines, so that no time of the two may be."""
    notes: tuple[str, ...] = ()
    """What else is different, and may be what is looked for."""


@dataclass(frozen=True, slots=True)
class Own:
    """How a figure stands to its own teacher's, on its own machine."""

    estimate: Estimate
    paired: bool
    doubt: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a figure of the first run in another."""

    state: State
    estimate: Estimate | None = None
    """A ratio or a difference, as the row says."""
    verdict: Verdict = "unclear"
    paired: bool = False
    """Sample by sample, or of ratios that were each measured in turns."""
    through_teacher: bool = False
    """It is a ratio of two ratios, each to the teacher on its own machine."""
    doubt: str | None = None
    why: str | None = None


def relation_of(metric: str, value: Value) -> Relation:
    """A loss is a logarithm already, so it is subtracted; so is what is near nought."""
    quality = value.kind == "paired" or value.unit == "nat/tok"
    return "difference" if quality or metric in OF_EITHER else "ratio"


def is_direct(metric: str, value: Value) -> bool:
    """Whether it is the same on whatever machine: bytes, quality, and what is a ratio already."""
    return is_settled(value) or is_relative(metric)


def is_settled(value: Value) -> bool:
    """Whether two sessions suffice to call a figure better or worse: bytes and quality."""
    return value.kind in ("exact", "paired") or value.unit in ("B", "nat/tok")


def own_ratio(run: Run, record: Record, metric: str) -> Own | None:
    """The figure over its teacher's: measured in turns where that was done, else unpaired.

    Of a loss it is the paired difference.
    """
    if record.variant == TEACHER or is_relative(metric):
        return None
    if gap := paired_gap(run, record, metric):
        turned = finite(Estimate(gap.value, gap.low, gap.high))  # 1 / 5e-324 is beyond any number
        return Own(turned, True, gap.doubt) if turned else None
    beside = teachers_cell(run, record)
    mine, other = record.values[metric], beside.values.get(metric) if beside else None
    subtracted = relation_of(metric, mine) == "difference"
    if beside is None or other is None or subtracted or refusal(mine, other):
        return None
    if timeless(record, mine) or timeless(beside, other):
        return None
    found = _unpaired(mine, other)
    return Own(found, False, doubt(record, mine) or doubt(beside, other)) if found else None


def change_of(pair: Pair, metric: str, before: Figure, after: Figure) -> Change:
    """From the first run's figure of a cell to the other's."""
    (base, one), (mine, other) = before, after
    if base is None or one is None:
        return Change("new", why=_gone(base, metric, pair.against))
    if mine is None or other is None:
        return Change("missing", why=_gone(mine, metric, pair.name))
    profiled = under_profile(pair.against, base, one) or under_profile(pair.name, mine, other)
    if why := _unlike(one, other, pair.against) or profiled:
        return Change("incomparable", why=why)
    if pair.hardware and not is_direct(metric, other):
        found = _through_teachers(pair, metric, base, mine)
    else:
        found = _directly(metric, one, other)
    if found.estimate is None:
        return found
    doubtful = found.doubt or doubt(base, one) or doubt(mine, other)
    # Two sessions' times part for reasons of their own, be each in turns with its teacher.
    claims = is_settled(other) and not doubtful and not _imitated(pair, mine, other)
    verdict = _verdict(found.estimate, metric, other) if claims else "unclear"
    if verdict == found.verdict and doubtful == found.doubt:
        return found
    return Change(
        "compared", found.estimate, verdict, found.paired, found.through_teacher, doubtful
    )


def _imitated(pair: Pair, mine: Record, value: Value) -> bool:
    return any(imitated(run, mine.variant, value) for run in (pair.one, pair.other))


def figure_of(record: Record | None, metric: str) -> Value | None:
    """The cell's figure, if it has one."""
    if record is None or not record.figured:
        return None
    value = record.values.get(metric)
    return None if value is None or value.value is None else value


def _unlike(one: Value, other: Value, name: str) -> str | None:
    if one.kind != other.kind:
        return f"its kind is {other.kind}, that in {name} {one.kind}"
    if one.better != other.better:
        return f"its better is {other.better}, that in {name} {one.better}"
    return refusal(other, one, f"that in {name}")


def _gone(record: Record | None, metric: str, name: str) -> str:
    if record is None:
        return f"not among the cells of {name}"
    if record.figured:
        return f"{'unavailable' if metric in record.values else 'not measured'} in {name}"
    return f"{record.status} in {name}" + (f": {record.message}" if record.message else "")


def _directly(metric: str, one: Value, other: Value) -> Change:
    if relation_of(metric, other) == "difference":
        return _subtracted(one, other)
    found = _unpaired(other, one)
    if found is None:
        return Change("incomparable", why=BEYOND)
    return Change("compared", found)


def _subtracted(one: Value, other: Value) -> Change:
    """By window where both scored the same windows: what moved one moved the other."""
    base, mine, ends = estimate_of(one), estimate_of(other), paired_interval(other, one)
    found = difference(mine, base) if base and mine else None
    if found is None:
        return Change("incomparable", why=BEYOND)
    if ends:
        return Change("compared", finite(Estimate(found.value, *ends)), paired=True)
    # One text was scored twice: its two intervals are no independent errors.
    return Change("compared", found if other.kind == "exact" else Estimate(found.value))


def _unpaired(mine: Value, other: Value) -> Estimate | None:
    one, two = estimate_of(mine), estimate_of(other)
    return ratio(one, two) if one and two else None


def _through_teachers(pair: Pair, metric: str, base: Record, mine: Record) -> Change:
    if mine.variant == TEACHER:
        return Change("incomparable", why=f"another machine: {pair.hardware}")
    here, there = own_ratio(pair.one, base, metric), own_ratio(pair.other, mine, metric)
    if here is None or there is None:
        sides = ((pair.against, pair.one, base), (pair.name, pair.other, mine))
        return Change("incomparable", why=_undivided(metric, *sides[here is not None]))
    found = ratio(there.estimate, here.estimate)
    if found is None:
        return Change("incomparable", why=BEYOND)
    return Change(
        "compared",
        found,
        paired=here.paired and there.paired,
        through_teacher=True,
        doubt=here.doubt or there.doubt,
    )


def _undivided(metric: str, name: str, run: Run, record: Record) -> str:
    beside = teachers_cell(run, record)
    other = figure_of(beside, metric)
    if beside and other and (why := under_profile(name, beside, other)):
        return f"another machine, and its teacher's figure was {why}"
    return f"another machine, and no teacher's figure to divide by in {name}"


def _verdict(found: Estimate, metric: str, value: Value) -> Verdict:
    middle = 0.0 if relation_of(metric, value) == "difference" else 1.0
    if found.value == middle and {found.low, found.high} <= {None, middle}:
        return "same"  # to the last bit, with or without an interval
    return measured_gap(found.value, (found.low, found.high), middle, value.better).verdict
