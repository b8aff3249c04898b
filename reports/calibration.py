"""An A/A on paper: noise and margins, false alarms with their bounds, the detection curve."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean
from typing import TYPE_CHECKING

from reports.listing import print_rows
from reports.resampled import Bound, Resampled

if TYPE_CHECKING:
    from reports.aa import Calibration
    from reports.naive import Naive


def print_calibration(found: Calibration) -> None:
    """All of it."""
    print(f"\nNoise, from {found.pairs} pairs on {found.cells} cells (standard deviations, %):")
    print_rows(
        ("variant", "metric", "block", "pair", "process", "persistent", "margin", "tier"),
        [
            (n.variant, n.metric, *(f"{100 * x:.2f}" for x in _spreads(n)), *_margins(n))
            for n in found.noises
        ],
    )
    for line in (*found.left, *_lines(found)):
        print(line)
    if found.resampled:
        print(f"\nResampled gates, conditional on {found.resampled_from}:")
        print_rows(
            ("slower by", "other cells called", "slowed cells called", "gates that block",
             "pairs a cell"),
            [_row(one) for one in found.resampled],
        )  # fmt: skip
        print("\nThe usual rules on the same pairs:")
        heads = ("slower by", "rule", "trials with a false alarm", "slowed cells missed")
        print_rows(heads, [_naive(one) for one in found.naive])


def _lines(found: Calibration) -> Iterator[str]:
    if found.repeats:
        bound = Bound.of(found.alarms, len(found.repeats))
        cost = fmean(repeat["pairs_a_cell"] for repeat in found.repeats)
        yield f"\nReal gates with a false alarm: {bound}; {cost:.2f} pairs a cell."
    if not found.resampled:
        yield "\nToo few pairs to resample gates from: give --pairs 10 or --repeats 5."


def _spreads(noise: object) -> Iterator[float]:
    for name in ("block", "pair", "process", "persistent"):
        yield getattr(noise, name)


def _margins(noise: object) -> Iterator[str]:
    for name in ("margin", "tier"):
        yield f"{100 * getattr(noise, name):.1f}%"


def _row(one: Resampled) -> tuple[str, ...]:
    return (
        f"{100 * one.slowed_by:g}%",
        str(one.alarms),
        str(one.found or "–"),
        str(one.blocked or "–"),
        f"{one.pairs_a_cell:.2f}",
    )


def _naive(one: Naive) -> tuple[str, ...]:
    return (f"{100 * one.slowed_by:g}%", one.rule, str(one.alarms), str(one.missed or "–"))
