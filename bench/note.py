"""The `note` fixture's object: puts values, doubts and facts into the cell's record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench.cell import Cell
from bench.estimators import ESTIMATORS
from bench.metric import Metric
from bench.record import Status, Value
from bench.resampling import Resampled
from bench.statistics import Interval
from bench.steady import ENOUGH


class Note:
    """What a suite says about its cell."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    def warn(self, sentence: str) -> None:
        """What a reader must know before believing this cell."""
        self._cell.warnings.append(sentence)

    def doubt(self, status: Status, reason: str) -> None:
        """Mark the cell's figures as doubtful: its status, instead of `measured`."""
        self._cell.doubts.setdefault(status, reason)

    def fact(self, name: str, found: Any) -> None:
        """Keep what was seen besides figures, in plain values."""
        self._cell.facts[name] = found

    def exact(self, metric: Metric, value: float | None) -> None:
        """A value that repeats to the last digit; None: it cannot be had here."""
        self._put(metric, value=value)

    def estimate(self, metric: Metric, value: float, interval: Interval, recipe: str) -> None:
        """A value that the suite worked out itself, by a recipe that has a name."""
        low, high = interval or (None, None)
        self._put(metric, value=value, low=low, high=high, recipe=recipe)

    def resident(self, metric: Metric, samples: Sequence[float]) -> None:
        """Bytes that rounds in one process held: an interval for other processes, too."""
        self._median("median_resident", metric, samples)

    def samples(
        self, metric: Metric, samples: Sequence[float], cut: int = 0, recipe: str | None = None
    ) -> None:
        """Repeated observations: the median behind the `cut`, and its interval."""
        name = "median" if len(samples) >= ENOUGH else "median_few"
        value = self._median(name, metric, samples, cut)
        self._cell.values[metric.name] = replace(value, recipe=recipe if samples else None)

    def _median(self, name: str, metric: Metric, samples: Sequence[float], cut: int = 0) -> Value:
        if not samples:
            self._put(metric, value=None)
            return self._cell.values[metric.name]
        value, interval = ESTIMATORS[name](samples[cut:], ())
        low, high = interval or (None, None)
        self._put(metric, value=value, low=low, high=high)
        return self._keep(metric, samples=tuple(map(float, samples)), cut=cut, estimator=name)

    def blocks(
        self, metric: Metric, samples: Sequence[float], weights: Sequence[float], recipe: str
    ) -> Value:
        """Means of blocks that count by their weights: the mean over all, and its interval."""
        mean, interval = ESTIMATORS["mean"](samples, weights)
        self.estimate(metric, mean, interval, recipe)
        return self._keep(metric, samples=tuple(samples), weights=tuple(weights), estimator="mean")

    def put(self, metric: Metric, found: Resampled | float | None, recipe: str) -> None:
        """What a recipe with a name found; None: it cannot be had here."""
        known = vars(found) if isinstance(found, Resampled) else {"value": found}
        self._put(metric, recipe=recipe, **known)

    def _put(self, metric: Metric, **known: Any) -> None:
        self._cell.values[metric.name] = Value(
            unit=metric.unit, kind=metric.kind, better=metric.better, **known
        )

    def _keep(self, metric: Metric, **more: Any) -> Value:
        whole = replace(self._cell.values[metric.name], **more)
        self._cell.values[metric.name] = whole
        return whole
