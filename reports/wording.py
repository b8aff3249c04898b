"""Figures, changes and means of a comparison as they are written in its tables."""

from __future__ import annotations

from bench.record import Value
from reports.changes import Change, Own, Relation, is_direct
from reports.comparison import Row
from reports.doubts import MARK
from reports.names import visible
from reports.ratios import Estimate
from reports.tallies import Mean, Tally
from reports.units import MISSING, Scale, figure, interval, ratio, scale_for, span

PAIRED = "p"
"""Marks what was measured in turns, or is paired by window."""
SAME = "same"
ELSEWHERE = "\N{NOT EQUAL TO}"
"""Marks a figure that another machine's may not be set against as it stands."""


def metric_words(metric: str, value: Value) -> str:
    """The metric, and the unit in which its changes are written."""
    return f"{visible(metric, 32)} {_scale(metric, value).unit}".rstrip()


def figure_words(row: Row, at: int, elsewhere: bool) -> str:
    """One run's figure; marked where it is a time of another machine."""
    value = row.values[at]
    if value is None:
        return MISSING
    text = figure(value.value, value.low, value.high, _scale(row.metric, row.value))
    return text + (ELSEWHERE if elsewhere and not is_direct(row.metric, value) else "")


def change_words(row: Row, change: Change | None) -> str:
    """A change with its interval and marks; a dash where there is none."""
    if change is None or change.estimate is None:
        return MISSING if change is None else change.state
    text = _estimate(change.estimate, row.relation, _scale(row.metric, row.value))
    return _marked(text, change.paired and row.relation == "ratio", bool(change.doubt))


def own_words(row: Row, at: int, change: Change | None) -> str:
    """The two ratios to the teachers that a change across machines is of."""
    if not row.own or change is None or not change.through_teacher:
        return ""
    here, there = row.own[0], row.own[at]
    return f" ({_own(there)} against {_own(here)})" if here and there else ""


def mean_words(tally: Tally, mean: Mean | None) -> str:
    """A mean with its interval and marks."""
    if mean is None:
        return MISSING
    text = _estimate(mean.estimate, tally.relation, _scale(tally.metric, tally.value))
    return _marked(text, mean.paired and tally.relation == "ratio", mean.doubt)


def parts(mean: Mean) -> bool:
    """Whether the ratio is surely not 1."""
    found = mean.estimate
    return found.low is not None and found.high is not None and not found.low <= 1 <= found.high


def _own(own: Own) -> str:
    found = own.estimate
    return _marked(ratio(found.value, found.low, found.high), own.paired, bool(own.doubt))


def _estimate(found: Estimate, relation: Relation, scale: Scale) -> str:
    exact = found.low == found.high
    if exact and found.low == (1.0 if relation == "ratio" else 0.0):
        return SAME
    if relation == "ratio" and exact and found.known:
        return ratio(found.value)
    if relation == "ratio":
        return f"{ratio(found.value, found.low, found.high)} {span(found.low, found.high)}".rstrip()
    text = figure(found.value, found.low, found.high, scale, signed=True)
    return f"{text} {interval(found.low, found.high, scale)}".rstrip()


def _marked(text: str, paired: bool, doubt: bool) -> str:
    first, blank, rest = text.partition(" ")
    return first + PAIRED * paired + MARK * doubt + blank + rest


def _scale(metric: str, value: Value) -> Scale:
    return scale_for(value.unit, [value.value], metric)
