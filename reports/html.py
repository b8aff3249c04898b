"""The report `html`: one self-contained page, without script and without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bench.errors import Misuse
from bench.record import Run
from reports import units
from reports.answer import answer
from reports.care import FAILURES, absent, notes
from reports.cells import lines
from reports.contest import Against, is_difference
from reports.figures.pareto import pareto
from reports.heading import heading
from reports.names import TEXT_LIMIT, Name, sentence, visible
from reports.report import Report
from reports.roster import measured
from reports.summary import summarise

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATE = "report.html.j2"
STYLE = "report.css"
PROOF_LIMIT = 20_000


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
    summary = summarise(run)
    return _environment().get_template(TEMPLATE).render(
        run=run,
        style=Markup(style),
        policy=policy(style),
        heading=heading(run),
        answer=answer(summary),
        notes=notes(run),
        summary=summary,
        chart=Markup(pareto(summary)),
        lines=[(line, Markup(line.strip)) for line in lines(run)],
        absent=absent(run),
        proofs=_proofs(run),
        command=_command(run.settings),
        failures=FAILURES,
    )  # fmt: skip


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "name": _name,
        "head": _head,
        "said": _said,
        "sentence": sentence,
        "against": _against,
        "plain": _plain,
    }
    environment.globals |= {"figure": units.figure, "interval": units.interval}
    environment.globals |= {"scale_for": units.scale_for, "is_difference": is_difference}
    return environment


def _finalize(value: object) -> object:
    """Nothing reaches the page unseen: what no filter has looked at is made visible here."""
    return value if hasattr(value, "__html__") else visible(value, PROOF_LIMIT)


def _name(text: object) -> Markup:
    from markupsafe import Markup  # noqa: PLC0415

    return Markup("<bdi>{}</bdi>").format(visible(text))


def _head(text: object) -> Markup:
    """A name that may go on in the next line after each underscore."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup("_<wbr>").join(visible(text).split("_"))


def _said(piece: str) -> object:
    return _name(piece) if isinstance(piece, Name) else visible(piece, TEXT_LIMIT)


def _against(gap: Against | None, difference: bool, unit: str) -> dict[str, str]:
    """A comparison in words for one table cell."""
    if gap is None:
        return {"text": "", "span": "", "verdict": ""}
    if difference:
        scale = units.scale_for(unit, [1.0])
        text = units.figure(gap.value, gap.low, gap.high, scale, signed=True)
        return {
            "text": text,
            "span": units.interval(gap.low, gap.high, scale),
            "verdict": gap.verdict,
        }
    span = units.span(gap.low, gap.high)
    return {"text": units.ratio(gap.value, gap.low, gap.high), "span": span, "verdict": gap.verdict}


def _proofs(run: Run) -> dict[str, dict[str, str]]:
    """Per variant: each distinct proof, under the first cell that gave it."""
    found: dict[str, dict[str, str]] = {}
    for record in measured(run):
        if record.proof:
            text = json.dumps(record.proof, indent=1, ensure_ascii=False)
            found.setdefault(record.variant, {}).setdefault(text, record.cell)
    return found


def _plain(value: object, key: str = "") -> str:
    """A setting as a reader would write it; the unit is in its name."""
    if key.endswith("_bytes") and isinstance(value, (int, float)):
        return units.quantity(value, "B")
    if value is None:
        return units.MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return sentence(", ".join(f"{key} {_plain(item)}" for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return visible(" ".join(str(item) for item in value), TEXT_LIMIT)
    return visible(value, TEXT_LIMIT)


def _command(settings: Mapping[str, Any]) -> str:
    words = settings.get("command") or ()
    return visible(shlex.join(str(word) for word in words), PROOF_LIMIT)


html = Report(
    name="html", summary="one self-contained page: answer, chart, tables, origin", render=_render
)
