"""The report `html`: one self-contained page, without script and without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from bench.errors import Misuse
from bench.record import Record, Run
from reports.answer import answer
from reports.board import Board, board_of
from reports.care import FAILURES, absent, notes
from reports.cells import lines
from reports.figures.pareto import pareto
from reports.heading import heading
from reports.limits import limit_rows
from reports.markup import LONGEST, environment
from reports.names import visible
from reports.report import Report
from reports.roster import TEACHER, measured
from reports.summary import Summary, others, summarise
from reports.texts import by_variant

TEMPLATE = "report.html.j2"
STYLE = "report.css"
TEXTS = "texts"
"""The fact that has a section of its own."""


def policy(style: str) -> str:
    """The page's content security policy: its own style by its hash, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _render(runs: Sequence[Run]) -> str:
    from markupsafe import Markup  # noqa: PLC0415 - discovery imports this file at start-up

    if len(runs) != 1:
        raise Misuse(f"the html report shows one run, not {len(runs)}")
    run = runs[0]
    style = files("reports").joinpath("templates", STYLE).read_text(encoding="utf-8")
    return environment().get_template(TEMPLATE).render(
        run=run,
        style=Markup(style),
        policy=policy(style),
        heading=heading(run),
        notes=notes(run),
        lines=[(line, Markup(line.strip)) for line in lines(run)],
        absent=absent(run),
        in_doubt=any(record.status != "measured" for record in measured(run)),
        told=_told(run),
        texts=by_variant(run),
        proofs=_proofs(run),
        limits=limit_rows(run.machine),
        command=_command(run.settings),
        failures=FAILURES,
        teacher=TEACHER,
        **_variants(run),
    )  # fmt: skip


def _variants(run: Run) -> dict[str, Any]:
    """The answer, the chart and the tables of variants."""
    from markupsafe import Markup  # noqa: PLC0415

    summary = summarise(run)
    board = board_of(summary)
    return {
        "answer": answer(summary),
        "board": board,
        "chart": Markup(pareto(board)),
        "groups": _groups(run, board),
    }


def _groups(run: Run, board: Board) -> list[Summary]:
    """Per suite without workload, what the board has no column for; the rest is in `lines`."""
    found = others(run, board.columns)
    return [group for group in found if group.columns[0].workload is None]


def _told(run: Run) -> list[tuple[Record, dict[str, Any]]]:
    """The cells that say how they were measured, with what they say."""
    found = (
        (record, {key: fact for key, fact in record.facts.items() if key != TEXTS})
        for record in measured(run)
    )
    return [(record, facts) for record, facts in found if facts or record.warnings]


def _proofs(run: Run) -> dict[str, dict[str, str]]:
    """Per variant: each distinct proof, under the first cell that gave it."""
    found: dict[str, dict[str, str]] = {}
    for record in measured(run):
        if record.proof:
            text = json.dumps(record.proof, indent=1, ensure_ascii=False)
            found.setdefault(record.variant, {}).setdefault(text, record.cell)
    return found


def _command(settings: Mapping[str, Any]) -> str:
    words = settings.get("command") or ()
    return visible(shlex.join(str(word) for word in words), LONGEST)


html = Report(
    name="html", summary="one self-contained page: answer, chart, tables, origin", render=_render
)
