"""Heat maps: how fast a variant is at each batch and prompt, as tables with a colour a ratio."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.record import Record, Run
from bench.workload import Workload
from reports.care import FAILURES
from reports.contest import Against
from reports.gaps import to_teacher
from reports.relative import SPEEDUP, gap_of, turned
from reports.roster import TEACHER, variant_names
from reports.units import number, span
from reports.verdicts import is_time, verdict_of

WATCHED = (("decode", "decode_rate"), ("prefill", "first_token"), (SPEEDUP, "decode_speedup"))
"""Suites with a grid, and the speed of each that is shown; the last only without the first."""
HALF = 8
"""Classes to each side of even; a step is a quarter of a doubling."""
STEP = 0.25
NAMED, ROW, ROWS = 46.25, 34.75, 8
"""Pixels of a map's name and head, and of a row, as the page's style makes them; more are rare."""
Rgb = tuple[int, int, int]
ENDS: Mapping[str, tuple[Rgb, Rgb, Rgb]] = {
    "light": ((179, 80, 0), (238, 240, 242), (11, 92, 173)),
    "dark": ((255, 159, 69), (43, 49, 56), (124, 192, 255)),
}
"""Worst, even and best in each scheme."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One workload of one variant."""

    kind: str
    """Its class of colour, or how its hole looks."""
    glyph: str
    text: str
    said: str
    """The same in words, for those who see no colour."""


@dataclass(frozen=True, kw_only=True)
class Map:
    """One variant."""

    variant: str
    rows: tuple[tuple[int, tuple[Tile, ...]], ...]
    """Per batch size: a tile a prompt length."""


@dataclass(frozen=True, kw_only=True)
class Atlas:
    """All variants of one suite, with the same axes."""

    suite: str
    metric: str
    new_tokens: int
    prompts: tuple[int, ...]
    maps: tuple[Map, ...]


def atlases(run: Run) -> list[Atlas]:
    """One a suite and length of answer; none for a grid of a single point, or without a teacher."""
    suites = {record.suite for record in run.records if record.figured}
    watched = WATCHED if WATCHED[0][0] not in suites else WATCHED[:-1]
    return [atlas for suite, metric in watched for atlas in _of_suite(run, suite, metric)]


def _of_suite(run: Run, suite: str, metric: str) -> Iterator[Atlas]:
    cells = {(r.variant, r.workload): r for r in run.records if r.suite == suite and r.workload}
    loads = {load for _, load in cells}
    for new in sorted({load.new_tokens for load in loads}):
        grid = sorted(load for load in loads if load.new_tokens == new)
        prompts = tuple(sorted({load.prompt_tokens for load in grid}))
        batches = sorted({load.batch for load in grid})
        found = [
            Map(variant=name, rows=tuple(_rows(run, cells, name, (metric, batches, prompts, new))))
            for name in variant_names(run)
            if name != TEACHER
        ]
        maps = tuple(one for one in found if _tells(one))
        if len(grid) > 1 and any(tile.text for one in maps for _, row in one.rows for tile in row):
            yield Atlas(suite=suite, metric=metric, new_tokens=new, prompts=prompts, maps=maps)


Cells = Mapping[tuple[str, Workload], Record]
Axes = tuple[str, Sequence[int], Sequence[int], int]


def _rows(run: Run, cells: Cells, name: str, axes: Axes) -> Iterator[tuple[int, tuple[Tile, ...]]]:
    metric, batches, prompts, new = axes
    for batch in batches:
        found = (cells.get((name, Workload(batch, prompt, new))) for prompt in prompts)
        yield batch, tuple(_tile(run, record, metric) for record in found)


def _tells(one: Map) -> bool:
    """Whether it holds more than cells that nobody ran."""
    return any(tile.kind != "hole" for _, row in one.rows for tile in row)


def _tile(run: Run, record: Record | None, metric: str) -> Tile:
    if record is not None and record.status in FAILURES:
        return Tile(kind="x", glyph="\N{MULTIPLICATION X}", text="", said=_words(record.status))
    gap = _gap(run, record, metric) if record else None
    if record is None or gap is None:
        why = "not measured" if record is None or not record.figured else "not compared"
        said = _words(record.status) if record and not record.figured else why
        return Tile(kind="hole", glyph="\N{EN DASH}", text="", said=said)
    verdict = verdict_of(run, record, metric, gap)
    glyph = verdict.glyph if verdict.kind in ("same", "doubt", "open") else ""
    ends = span(gap.low, gap.high)
    how = "" if gap.paired else ", unpaired"
    return Tile(
        kind=f"h{shade(gap.value)}" + (" u" if glyph else ""),
        glyph=glyph,
        text=number(gap.value, 2),
        said=f"{verdict.word} {ends}{how}".strip(),
    )


def _gap(run: Run, record: Record, metric: str) -> Against | None:
    """As a ratio of speeds, so that more is better in every map."""
    value = record.values.get(metric)
    if not record.figured or value is None:
        return None
    gap = to_teacher(run, record, metric) or gap_of(record, metric)
    if gap is None or gap.value <= 0 or not is_time(metric, value):
        return None
    return turned(gap) if value.better == "lower" else gap


def _words(status: str) -> str:
    return status.replace("_", " ")


def shade(ratio: float) -> int:
    """The class of a ratio of speeds: 0 is a quarter or less, 8 even, 16 four times or more."""
    within = min(max(ratio, 2.0**-HALF), 2.0**HALF)  # a file may hold any number
    return max(0, min(2 * HALF, HALF + round(math.log2(within) / STEP)))


def palette() -> str:
    """The rules of all classes: a background in each scheme, and text that can be read on it."""
    return "".join(
        f".h{at}{{background:light-dark({_hex(light)},{_hex(dark)});"
        f"color:light-dark({ink(light)},{ink(dark)})}}\n"
        for at in range(2 * HALF + 1)
        for light, dark in [(colour("light", at), colour("dark", at))]
    )


def heights() -> str:
    """The rules that say how high a map of so many rows is before it has been laid out."""
    return "".join(
        f".rows{rows} .far{{contain-intrinsic-height:{NAMED + ROW * rows}px}}\n"
        for rows in range(1, ROWS + 1)
    )


def colour(scheme: str, at: int) -> Rgb:
    """A class's background: from the middle towards one of the two hues."""
    worst, even, best = ENDS[scheme]
    end, share = (best, (at - HALF) / HALF) if at >= HALF else (worst, (HALF - at) / HALF)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(even, end, strict=True))
    return red, green, blue


def ink(background: Rgb) -> str:
    """Black or white, whichever stands out more."""
    return "#fff" if 1.05 / (luminance(background) + 0.05) > 4.5 else "#000"


def luminance(rgb: Rgb) -> float:
    """Relative luminance as WCAG 2 defines it."""
    red, green, blue = (
        part / 12.92 if (part := channel / 255) <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for channel in rgb
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _hex(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)
