"""Roofline bars: how much of the machine's own limit each variant's cells used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.record import Record, Run
from bench.workload import Workload
from reports.doubts import doubt
from reports.roster import measured, variant_names
from reports.units import quantity

WIDTH, HEIGHT = 360, 16
FULL = 0.8
"""Of the width stands for the whole limit: a share may lie above it."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One variant."""

    variant: str
    share: float
    low: float | None
    high: float | None
    doubt: str | None
    limit: str
    """The machine's limit that it is a share of, and for which dtype."""
    svg: str


@dataclass(frozen=True, kw_only=True)
class Roof:
    """One limit at one workload."""

    title: str
    workload: Workload | None
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A share of something, where it is measured and at which workload it says most."""

    suite: str
    metric: str
    title: str
    fact: str
    unit: str
    largest: bool
    """Reading weights limits the smallest workload, arithmetic the largest."""


LIMITS = (
    Limit(
        suite="decode",
        metric="bandwidth_share",
        title="Reading from memory, decode",
        fact="read_bandwidth",
        unit="B/s",
        largest=False,
    ),
    Limit(
        suite="prefill",
        metric="flops_share",
        title="Matrix arithmetic, prefill",
        fact="flops_per_second",
        unit="FLOP/s",
        largest=True,
    ),
)


def roofs(run: Run) -> list[Roof]:
    """One a limit that the run has shares of."""
    return [roof for limit in LIMITS if (roof := _roof(run, limit))]


def _roof(run: Run, limit: Limit) -> Roof | None:
    cells = [record for record in measured(run) if record.suite == limit.suite]
    having = [record for record in cells if _share(record, limit) is not None]
    if not having:
        return None
    load = _workload(having, limit)
    order = variant_names(run)
    chosen = sorted(
        (record for record in having if record.workload == load),
        key=lambda record: order.index(record.variant),
    )
    bars = tuple(bar for record in chosen for bar in _bar(record, limit))
    return Roof(title=limit.title, workload=load, bars=bars)


def _share(record: Record, limit: Limit) -> float | None:
    value = record.values.get(limit.metric)
    return value.value if value else None


def _workload(having: list[Record], limit: Limit) -> Workload | None:
    """Measured for the most variants; of those the smallest or the largest."""
    counts = Counter(record.workload for record in having)
    most = max(counts.values())
    loads = sorted(
        (load for load in counts if counts[load] == most), key=lambda load: load or Workload(0, 0)
    )
    return loads[-1 if limit.largest else 0]


def _bar(record: Record, limit: Limit) -> Iterator[Bar]:
    value = record.values[limit.metric]
    if value.value is not None:
        yield Bar(
            variant=record.variant,
            share=value.value,
            low=value.low,
            high=value.high,
            doubt=doubt(record, value),
            limit=_limit(record.facts.get("roofline"), limit),
            svg=bar(value.value, value.low, value.high),
        )


def _limit(found: Any, limit: Limit) -> str:
    if not isinstance(found, Mapping) or type(found.get(limit.fact)) not in (int, float):
        return ""
    dtype = found.get("dtype")
    said = quantity(found[limit.fact], limit.unit)
    return f"{said}, {dtype}" if isinstance(dtype, str) else said


def bar(share: float, low: float | None, high: float | None) -> str:
    """A share as a bar on the whole limit; what lies above it goes on beyond the mark."""
    middle = HEIGHT // 2
    whole = WIDTH * FULL
    line = ""
    if low is not None and high is not None:
        line = f'<path class="bars" d="M{_at(low):.1f} {middle}H{_at(high):.1f}"/>'
    return (
        f'<svg class="roof" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f'<rect class="track" y="3" width="{whole:.0f}" height="10" rx="2"/>'
        f'<rect class="fill" y="3" width="{_at(share):.1f}" height="10" rx="2"/>{line}'
        f'<path class="limit" d="M{whole:.0f} 0V{HEIGHT}"/></svg>'
    )


def _at(share: float) -> float:
    return max(0.0, min(float(WIDTH), share * WIDTH * FULL))
