"""The board: what variants are weighed by, one row a variant, and who is on the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.workload import Workload
from reports.columns import Column
from reports.contest import Against, is_difference
from reports.front import Span, front, span_of
from reports.roster import TEACHER
from reports.summary import Figure, Row, Summary
from reports.topics import TOPICS, Topic

EVEN = Against(value=1.0, low=1.0, high=1.0, verdict="unclear", paired=True)
NOTHING_LOST = Against(value=0.0, low=0.0, high=0.0, verdict="unclear", paired=True)
"""How the teacher stands to itself, by definition."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """A topic as this run has it."""

    topic: Topic
    figures: Column | None
    gaps: Column | None
    relation: str | None
    """`ratio` or `difference` to the teacher; None where only the figure itself is known."""
    paired: bool
    """Whether one of its comparisons is: those that are not then say so."""

    @property
    def column(self) -> Column:
        """The column that names workload and unit."""
        found = self.gaps if self.gaps and self.paired else self.figures or self.gaps
        assert found is not None
        return found

    @property
    def knows_teacher(self) -> bool:
        """Whether the teacher was measured, in a cell of its own or beside the variants."""
        return self.relation is not None or (self.figures is not None and self.figures.has_teacher)

    @property
    def told(self) -> list[Column]:
        """The columns whose every figure stands on the board."""
        figures = self.figures if self.figures and self.relation is None else None
        return [column for column in (self.gaps, figures) if column]

    @property
    def workload(self) -> Workload | None:
        """Under which it was measured."""
        return self.column.workload


@dataclass(frozen=True, kw_only=True)
class Item:
    """One topic of one variant."""

    gap: Against | None
    figure: Figure


@dataclass(frozen=True, kw_only=True)
class Line:
    """One variant."""

    row: Row
    items: tuple[Item, ...]
    judged: bool
    """Whether every axis is known and beyond doubt, so that it may stand on the front."""
    dominated_by: str | None = None

    @property
    def on_front(self) -> bool:
        """Whether nobody dominates it."""
        return self.judged and self.dominated_by is None


@dataclass(frozen=True, kw_only=True)
class Board:
    """The first table of every report."""

    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    axes: tuple[str, ...]
    """What the front was judged by; empty where nobody could be."""

    @property
    def columns(self) -> list[Column]:
        """Every column that it shows, gaps and figures."""
        found = (column for head in self.heads for column in (head.gaps, head.figures))
        return [column for column in found if column]

    def at(self, topic: Topic) -> int | None:
        """Where a topic stands, if the run has it."""
        return next((at for at, head in enumerate(self.heads) if head.topic is topic), None)

    def head(self, topic: Topic) -> Head | None:
        """The topic as this run has it."""
        at = self.at(topic)
        return None if at is None else self.heads[at]

    def gap(self, line: Line, topic: Topic) -> Against | None:
        """How a variant stands to the teacher in a topic."""
        at = self.at(topic)
        return None if at is None else line.items[at].gap

    @property
    def compares(self) -> bool:
        """Whether anything is set against a teacher."""
        return any(head.relation for head in self.heads)


def board_of(summary: Summary, topics: Sequence[Topic] = TOPICS) -> Board:
    """Lay out what the run has of each topic, and judge the front."""
    found = [(topic, _items(summary, topic)) for topic in topics]
    table = [(topic, items) for topic, items in found if items]
    heads = tuple(_head(summary, topic, items) for topic, items in table)
    lines = [
        Line(row=row, items=tuple(items[at] for _, items in table), judged=False)
        for at, row in enumerate(summary.rows)
    ]
    return _judged(heads, lines)


def _items(summary: Summary, topic: Topic) -> list[Item]:
    """One per row; empty where no variant has a figure."""
    figures, gaps = _columns(summary, topic)
    if figures is None and gaps is None:
        return []
    items = [_item(summary, (figures, gaps), row) for row in summary.rows]
    return [replace(item, gap=None) for item in items] if topic.alone else items


def _columns(summary: Summary, topic: Topic) -> tuple[Column | None, Column | None]:
    found = [summary.column(key) for key in topic.figures]
    figures = next(filter(None, found), None)
    gaps = summary.column(topic.gap) if topic.gap else None
    apart = figures and gaps and figures.workload != gaps.workload
    return None if apart else figures, gaps


def _item(summary: Summary, found: tuple[Column | None, Column | None], row: Row) -> Item:
    figure, gap = (summary.figure(row, column.key) if column else None for column in found)
    own = gap.own if gap else None
    return Item(
        gap=own or (figure.against if figure else None),
        figure=figure or (gap if gap and not own else None) or Figure(),
    )


def _head(summary: Summary, topic: Topic, items: list[Item]) -> Head:
    figures, gaps = _columns(summary, topic)
    known = [item.gap for item in items if item.gap]
    one = figures or gaps
    difference = one is not None and is_difference(one.value)
    return Head(
        topic=topic,
        figures=figures,
        gaps=gaps,
        relation=("difference" if difference else "ratio") if known else None,
        paired=any(gap.paired for gap in known),
    )


def _judged(heads: tuple[Head, ...], lines: list[Line]) -> Board:
    axes = [at for at, head in enumerate(heads) if head.topic.axis and head.relation]
    simulated = any(line.row.simulated and line.row.name == TEACHER for line in lines)
    entrants = {
        line.row.name: [_span(heads[at], line, at) for at in axes]
        for line in lines
        if _known(line, axes) and not simulated
    }
    if len(axes) < 2 or len(entrants) < 2:
        return Board(heads=heads, lines=tuple(lines), axes=())
    found = front(entrants)
    judged = (
        replace(line, judged=line.row.name in found, dominated_by=found.get(line.row.name))
        for line in lines
    )
    return Board(heads=heads, lines=tuple(judged), axes=tuple(heads[at].topic.label for at in axes))


def _known(line: Line, axes: Sequence[int]) -> bool:
    if line.row.name == TEACHER:
        return line.row.status == "measured"
    gaps = [line.items[at].gap for at in axes]
    return not line.row.simulated and all(gap and not gap.doubt for gap in gaps)


def _span(head: Head, line: Line, at: int) -> Span:
    gap = line.items[at].gap
    if line.row.name == TEACHER or gap is None:
        gap = NOTHING_LOST if head.relation == "difference" else EVEN
    better = head.column.value.better
    return span_of(gap, better, exact=head.column.value.kind == "exact")
