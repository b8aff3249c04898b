"""The report `markdown`: the variants as a table for a job's summary, and what has no figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from bench.record import Run
from reports.care import FAILURES, absent, cells, machine_warnings
from reports.cautions import cautions
from reports.columns import COMPARED, Column
from reports.doubts import MARK
from reports.escaping import markdown_text
from reports.heading import heading
from reports.names import TEXT_LIMIT, sentence, visible
from reports.report import Report
from reports.summary import Figure, Row, Summary, summarise
from reports.units import MISSING, TIMES, figure, ratio

MOST = 100
"""Reasons for missing figures that are listed: a job's summary holds 1 MiB."""


def _render(runs: Sequence[Run]) -> str:
    return "\n\n".join(part for run in runs for part in _parts(run)) + "\n"


def _parts(run: Run) -> Iterator[str]:
    yield f"## Weighbridge\n\n{markdown_text(', '.join(heading(run)))}"
    summary = summarise(run)
    columns = [at for at, column in enumerate(summary.columns) if _is_shown(column)]
    if columns and summary.rows:
        yield "\n".join(_table(summary, columns))
        yield markdown_text(
            f"{TIMES} is the ratio to the teacher, p paired; signed: the difference. Bold: better "
            f"than every other. {MARK} in doubt."
        )
    if gone := list(_absent(run)):
        yield "\n".join(["### Without figures\n", *gone])
    if said := list(_warnings(run)):
        yield "\n".join(["### Read with care\n", *said])


def _is_shown(column: Column) -> bool:
    return column.headline or column.key in COMPARED


def _table(summary: Summary, columns: Sequence[int]) -> Iterator[str]:
    yield _line(["variant", *(_head(summary.columns[at]) for at in columns)])
    yield _line(["---", *("--:" for _ in columns)])
    for row in summary.rows:
        shown = [_entry(row.figures[at], summary.columns[at]) for at in columns]
        yield _line([_name(row), *shown])


def _line(fields: Sequence[str]) -> str:
    return f"| {' | '.join(fields)} |"


def _name(row: Row) -> str:
    name = markdown_text(visible(row.name, 32))
    return f"{name} (simulated)" if row.simulated else name


def _head(column: Column) -> str:
    said = (visible(column.metric, 32), str(column.workload or ""), column.scale.unit)
    return "<br>".join(markdown_text(part) for part in said if part)


def _entry(shown: Figure, column: Column) -> str:
    if shown.value is None:
        return shown.status if shown.status in FAILURES else MISSING
    text = markdown_text(figure(shown.value, shown.low, shown.high, column.scale))
    text = f"**{text}**" if shown.best else text
    return f"{text}{MARK * bool(shown.doubt)} {markdown_text(_against(shown, column))}".rstrip()


def _against(shown: Figure, column: Column) -> str:
    gap = shown.against
    if gap is None:
        return MISSING if shown.refused else ""
    mark = MARK if gap.doubt else ""
    if column.relation == "difference":
        return figure(gap.value, gap.low, gap.high, column.scale, signed=True) + mark
    return ratio(gap.value, gap.low, gap.high) + "p" * gap.paired + mark


def _absent(run: Run) -> Iterator[str]:
    """A line each; cells of one variant that were skipped for one reason share one."""
    shared: dict[tuple[str, str, str], int] = {}
    for record in absent(run):
        which = record.cell if record.status in FAILURES else record.variant
        key = (record.status, visible(which), sentence(record.message or "no reason given"))
        shared[key] = shared.get(key, 0) + 1
    for (status, which, reason), count in islice(shared.items(), MOST):
        many = f" ({cells(count)})" if count > 1 else ""
        yield f"- {status} {markdown_text(which)}{many}: {markdown_text(reason)}"
    if len(shared) > MOST:
        yield f"- and {len(shared) - MOST} more, in the run file"


def _warnings(run: Run) -> Iterator[str]:
    for text in machine_warnings(run):
        yield f"- {markdown_text(text)}"
    for note in cautions(run):
        yield "- " + markdown_text("".join(visible(piece, TEXT_LIMIT) for piece in note))


markdown = Report(
    name="markdown", summary="the variants as Markdown, for a job's summary", render=_render
)
