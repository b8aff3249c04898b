"""The board on the terminal: how every variant stands to the teacher, in a line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reports.board import Board, Head, Line
from reports.care import FAILURES
from reports.contest import Against
from reports.doubts import MARK
from reports.grid import GAP, NARROWEST, STYLES, figure_text, frame, plain, row_name
from reports.roster import TEACHER
from reports.topics import LOSS, SPEED
from reports.units import MISSING, PLUS_MINUS, TIMES, figure, plus_minus, ratio, ratio_error, span

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

ON_FRONT, DOMINATED = "\N{BLACK CIRCLE}", "\N{WHITE CIRCLE}"
KEEPS = ("speed-up", "loss", "memory", "size", "top-1", "KL")
"""Which stay the longest where the terminal is narrow."""


def board_table(board: Board, at: Sequence[int]) -> Table:
    """The topics at these places."""
    table = frame()
    table.add_column("variant", vertical="bottom", overflow="fold", min_width=NARROWEST)
    for place in at:
        table.add_column(plain(_head(board.heads[place])), justify="right", vertical="bottom")
    for line in board.lines:
        shown = [_cell(board.heads[place], line, place) for place in at]
        if any(cell.plain != MISSING for cell in shown):
            table.add_row(plain(_name(line)), *shown)
    return table


def board_fitting(board: Board, width: int) -> list[int]:
    """The topics that the width holds, in their order; names fold before an axis has to go."""
    names = max([NARROWEST, *(len(_name(line)) for line in board.lines)])
    used = 0
    kept: list[int] = []
    for at in sorted(range(len(board.heads)), key=lambda at: KEEPS.index(_label(board, at))):
        texts = [_cell(board.heads[at], line, at).plain for line in board.lines]
        wide = GAP + max(map(len, [*_head(board.heads[at]).split("\n"), *texts]))
        name = NARROWEST if board.heads[at].topic.axis else names
        if not kept or name + used + wide <= width:
            kept.append(at)
            used += wide
    return sorted(kept)


def board_legend(board: Board, at: Sequence[int]) -> Iterator[str]:
    """What the marks of the board mean."""
    if board.axes:
        yield (
            f"{ON_FRONT} on the Pareto front of {', '.join(board.axes)}: no other is at least as "
            f"good on all and surely better on one; {DOMINATED} dominated."
        )
    heads = [board.heads[place] for place in at]
    named = [f"{head.topic.label}: {head.column.metric}" for head in heads
             if head.topic not in (SPEED, LOSS) and head.relation]  # fmt: skip
    if named:
        yield f"{'; '.join(named)}, ratio to the teacher's."
    if any(PLUS_MINUS in _cell(board.heads[i], line, i).plain for line in board.lines for i in at):
        yield f"{PLUS_MINUS} reaches to the farther end of the interval."


def _label(board: Board, at: int) -> str:
    return board.heads[at].topic.label


def _head(head: Head) -> str:
    label, scale = head.topic.label, head.column.scale
    if head.relation == "difference":
        return f"{label}\ndifference\n{scale.unit}"
    if head.relation is None:
        return f"{label}\n{scale.unit}".rstrip()
    if head.topic is not SPEED:
        return f"{label}\nratio"
    paired = "paired" if head.paired else "unpaired"
    return "\n".join((label, f"decode {head.workload or ''}".rstrip(), paired))


def _name(line: Line) -> str:
    mark = f" {ON_FRONT if line.on_front else DOMINATED}" if line.judged else ""
    return row_name(line.row) + mark


def _cell(head: Head, line: Line, at: int) -> Text:
    item = line.items[at]
    if head.relation is None:
        text = figure_text(item.figure, head.column)
        return text.append(f" {MISSING}") if item.figure.refused else text
    if item.gap is None and line.row.name == TEACHER:
        return plain(f"1{TIMES}" if head.relation == "ratio" else f"{PLUS_MINUS}0", "dim")
    if item.gap is None:
        gone = item.figure.status in (*FAILURES, "unavailable")
        return plain(item.figure.status if gone else MISSING)
    text = plain(_said(head, item.gap), STYLES[item.gap.verdict])
    if interval := _interval(head, item.gap):
        text.append(f" {interval}", style="dim")
    return text


def _said(head: Head, gap: Against) -> str:
    mark = MARK if gap.doubt else ""
    if head.relation == "difference":
        return figure(gap.value, gap.low, gap.high, head.column.scale, signed=True) + mark
    return ratio(gap.value, gap.low, gap.high) + mark


def _interval(head: Head, gap: Against) -> str:
    if head.relation == "difference":
        return plus_minus(gap.value, gap.low, gap.high, head.column.scale)
    if head.topic is not SPEED:
        return ratio_error(gap.value, gap.low, gap.high)
    return "unpaired" if head.paired and not gap.paired else span(gap.low, gap.high)
