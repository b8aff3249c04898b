"""Quality against speed, size, memory or energy: up and right is better, bars are intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.board import Board
from reports.budgets import Budgets
from reports.figures.axes import spaced, text_at
from reports.figures.labels import LINE, Box, place
from reports.figures.stops import Drawing, bars, stop
from reports.figures.trade import CHOICES, PAPERS, Choice, Paper, Point, axes_of, points_of
from reports.units import TIMES, number

X_TICKS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.33, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6,
           8, 10, 15, 20, 40)  # fmt: skip
OFF = 40.0
"""Pixels from the paper's edge to what shall not be seen."""
Y_TICKS = (-0.1, -0.03, -0.01, -0.003, 0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One of the charts that a reader switches between."""

    key: str
    label: str
    svg: str
    unplaced: int
    """Names that found no room; their points still say them."""


def charts(board: Board, budgets: Budgets) -> list[Chart]:
    """Those for which at least two variants have both figures."""
    found = ((choice, points_of(board, choice)) for choice in CHOICES)
    return [
        _chart([_drawing(board, budgets, (choice, points), paper) for paper in PAPERS])
        for choice, points in found
        if len(points) >= 2
    ]


def _drawing(
    board: Board, budgets: Budgets, found: tuple[Choice, list[Point]], paper: Paper
) -> Drawing:
    choice, points = found
    return Drawing(
        board=board,
        choice=choice,
        paper=paper,
        points=points,
        axes=axes_of(points, choice.up, paper.plot),
        budgets=budgets.stops,
        chosen=budgets.chosen,
        winner=budgets.answer.winner,
    )


def _chart(drawings: Sequence[Drawing]) -> Chart:
    """The same points once for each kind of screen."""
    drawn = [_svg(drawing) for drawing in drawings]
    choice = drawings[0].choice
    svg = "".join(text for text, _ in drawn)
    return Chart(key=choice.key, label=choice.label, svg=svg, unplaced=drawn[0][1])


def _svg(drawing: Drawing) -> tuple[str, int]:
    """The drawing, and how many names found no room."""
    points, spots, paper = drawing.points, drawing.spots, drawing.paper
    texts = [point.label for point in points]
    lines = [box for point in points for box in bars(point, drawing.axes)]
    lines += [*_edges(_steps(drawing)), *_words(drawing)]
    page = Box(4, paper.plot.top - 4, paper.width - 4, paper.plot.bottom)
    boxes = place(spots, texts, page, lines)
    levels = " ".join(f"{_level(drawing, budget):.1f}" for budget in drawing.budgets)
    marks = "".join(
        stop(drawing, point, spot, box)
        for point, spot, box in zip(points, spots, boxes, strict=True)
    )
    svg = (
        f'<svg class="pareto {paper.kind} by-{drawing.choice.key}" '
        f'viewBox="0 0 {paper.width} {paper.height}" role="group" '
        f'aria-label="Loss against {drawing.choice.axis}, both set against the teacher" '
        f'data-levels="{levels}">{"".join(_zone(drawing))}{"".join(_grid(drawing))}'
        f"{''.join(_captions(drawing))}{_line(drawing)}{_frontier(_steps(drawing))}{marks}</svg>"
    )
    return svg, boxes.count(None)


def _grid(drawing: Drawing) -> Iterator[str]:
    axes, plot = drawing.axes, drawing.paper.plot
    for tick, x in spaced(X_TICKS, axes.across, (plot.left, plot.right), 44):
        line = "one" if tick == 1 else "grid"
        yield f'<path class="{line}" d="M{x:.1f} {plot.top}V{plot.bottom}"/>'
        yield text_at(x, plot.bottom + 18, f"{tick:g}{TIMES}", "middle", "mut")
    for tick, y in spaced(Y_TICKS, axes.down, (plot.top, plot.bottom), 18):
        yield f'<path class="grid" d="M{plot.left} {y:.1f}H{plot.right}"/>'
        said_tick = number(tick, max(0, -math.floor(math.log10(abs(tick)))) if tick else 0)
        yield text_at(plot.left - 8, y + 4, said_tick, "end", "mut")


def _level(drawing: Drawing, budget: float) -> float:
    """The height of a budget's line; off the paper where the scale does not reach it."""
    plot, found = drawing.paper.plot, drawing.axes.down(budget)
    if found < plot.top:
        return -OFF
    return found if found <= plot.bottom else drawing.paper.height + OFF


def _zone(drawing: Drawing) -> Iterator[str]:
    plot = drawing.paper.plot
    level = _level(drawing, drawing.budgets[drawing.chosen])
    top = min(plot.bottom, max(plot.top, level))
    wide = plot.right - plot.left
    yield (
        f'<rect class="zone" x="{plot.left}" y="{top:.1f}" width="{wide}" '
        f'height="{plot.bottom - top:.1f}" data-top="{plot.top}" data-end="{plot.bottom}"/>'
    )


def _line(drawing: Drawing) -> str:
    plot = drawing.paper.plot
    budget = drawing.budgets[drawing.chosen]
    level = _level(drawing, budget)
    # Moved as one by the script, which sets `transform`: a style would need another policy.
    return (
        f'<g class="level" transform="translate(0 {level:.1f})">'
        f'<path class="budget" d="M{plot.left} 0H{plot.right}"/>'
        f"{text_at(plot.right - 4, -6, 'quality budget', 'end', 'over')}</g>"
    )


def _captions(drawing: Drawing) -> Iterator[str]:
    plot, paper = drawing.paper.plot, drawing.paper
    up, on = "\N{UPWARDS ARROW}", "\N{RIGHTWARDS ARROW}"
    yield text_at(plot.left, 16, f"{up} less loss added to the teacher’s, nat/tok", "start", "")
    head = drawing.board.head(drawing.choice.topic)
    how = "" if head is None else ", paired" if head.paired else ", unpaired"
    if head and head.column.value.kind == "exact":
        how = ""
    less = "" if drawing.choice.up else ", less"
    right = f"{drawing.choice.axis}, ratio to the teacher’s{how}{less} {on}"
    yield text_at(plot.right, paper.height - 8, right, "end", "")


def _steps(drawing: Drawing) -> list[tuple[float, float]]:
    """The spots of those that nobody beats by value either, from left to right, only down."""
    sign = 1 if drawing.choice.up else -1
    ranked = sorted(
        (point for point in drawing.points if not point.dominated and not point.loose),
        key=lambda point: (-sign * point.gain.value, point.loss.value),
    )
    best, steps = math.inf, []
    for point in ranked:
        if point.loss.value < best:
            best = point.loss.value
            steps.append(
                (drawing.axes.across(point.gain.value), drawing.axes.down(point.loss.value))
            )
    return steps[::-1]


def _frontier(steps: Sequence[tuple[float, float]]) -> str:
    if len(steps) < 2:
        return ""
    first, *rest = steps
    path = f"M{first[0]:.1f} {first[1]:.1f}" + "".join(f"V{y:.1f}H{x:.1f}" for x, y in rest)
    return f'<path class="frontier" d="{path}"/>'


def _words(drawing: Drawing) -> Iterator[Box]:
    """Where the ticks of the loss and the budget's caption are written."""
    plot = drawing.paper.plot
    level = _level(drawing, drawing.budgets[drawing.chosen])
    yield Box(0, plot.top, plot.left - 4, plot.bottom)
    yield Box(plot.right - 100, level - LINE - 2, plot.right, level + 1)


def _edges(steps: Sequence[tuple[float, float]]) -> Iterator[Box]:
    """The dashed line as boxes that labels keep off."""
    for (left, top), (right, low) in pairwise(steps):
        yield Box(left - 1, min(top, low), left + 1, max(top, low))
        yield Box(min(left, right), low - 1, max(left, right), low + 1)
