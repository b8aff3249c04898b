"""The report `html`: one self-contained page that needs no network, and little script."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from bench.errors import Misuse
from bench.record import Run
from reports.board import Board, board_of
from reports.budgets import budgets_of
from reports.care import FAILURES, absent, notes
from reports.cautions import Note
from reports.cells import Line, lines
from reports.columns import EXTRA
from reports.dossier import dossiers
from reports.figures import forest, heat, roofline, stages, steps
from reports.figures.pareto import charts
from reports.heading import heading
from reports.island import island, saved
from reports.limits import limit_rows
from reports.markup import LONGEST, environment
from reports.names import visible
from reports.page import frame
from reports.report import Report
from reports.roster import TEACHER
from reports.summary import Summary, summarise, unloaded
from reports.texts import by_variant
from reports.topics import SPEED, WIDE
from reports.verdicts import KINDS, in_short

TEMPLATE = "report.html.j2"
TEXTS = "texts"
"""The fact that has a section of its own."""
NOTES = 4
"""So many cautions are written out; the others open on demand."""


def _render(runs: Sequence[Run]) -> str:
    if len(runs) != 1:
        raise Misuse(f"the html report shows one run, not {len(runs)}")
    run = runs[0]
    cells = lines(run)
    return environment().get_template(TEMPLATE).render(
        run=run,
        **frame(heat.palette() + heat.heights()),
        heading=heading(run),
        notes=_notes(run, cells),
        most_notes=NOTES,
        lines=cells,
        kinds={kind: text for kind, text in KINDS.items()
               if any(line.verdict.kind == kind for line in cells)},
        dossiers=dossiers(run, cells),
        absent=absent(run),
        texts=by_variant(run),
        texts_fact=TEXTS,
        limits=limit_rows(run.machine),
        command=_command(run.settings),
        failures=FAILURES,
        teacher=TEACHER,
        saved=saved(run),
        **_variants(run),
        **_figures(run),
    )  # fmt: skip


def _notes(run: Run, cells: Sequence[Line]) -> list[Note]:
    """What any report says with care, and first what the cells say together."""
    first = in_short(line.verdict for line in cells)
    return [(first,), *notes(run)] if first else notes(run)


def _variants(run: Run) -> dict[str, Any]:
    """The answer, the charts and the tables of variants."""
    from markupsafe import Markup  # noqa: PLC0415 - discovery imports this file at start-up

    board = board_of(summarise(run, EXTRA), WIDE)
    budgets = budgets_of(board)
    found = charts(board, budgets)
    return {
        "answer": budgets.answer,
        "budgets": budgets,
        "island": island(budgets.island) if found else "",
        "board": board,
        "charts": [(chart, Markup(chart.svg)) for chart in found],
        "forests": [Markup(text) for text in _forests(board)],
        "groups": _groups(run, board),
    }


def _figures(run: Run) -> dict[str, Any]:
    """What has a section of its own where the run has data for it."""
    return {
        "atlases": heat.atlases(run),
        "roofs": roofline.roofs(run),
        "chains": stages.chains(run),
        "courses": steps.courses(run),
    }


def _forests(board: Board) -> list[str]:
    """A plot a variant where speeds are compared; else none."""
    gaps = [board.gap(line, SPEED) for line in board.lines]
    if not any(gaps):
        return []
    span = forest.span_of(gaps)
    return [forest.forest(gap, span) for gap in gaps]


def _groups(run: Run, board: Board) -> list[Summary]:
    """Per suite without workload, what the board has no column for; the rest is in `lines`."""
    return unloaded(run, board.columns)


def _command(settings: Mapping[str, Any]) -> str:
    words = settings.get("command") or ()
    return visible(shlex.join(str(word) for word in words), LONGEST)


html = Report(
    name="html", summary="one self-contained page: answer, charts, tables, origin", render=_render
)
