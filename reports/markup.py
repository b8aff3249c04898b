"""What the page's template writes with: escaped names, figures and comparisons in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING

from reports import units
from reports.contest import Against, is_difference
from reports.dossier import facts_of
from reports.doubts import MARK
from reports.names import TEXT_LIMIT, Name, sentence, visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from reports.cells import Line

ISOLATE, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
LONGEST = 20_000
"""Characters of anything that no filter has cut."""


@cache
def environment() -> Environment:
    """Jinja2, where everything is escaped and nothing is undefined."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "name": _name,
        "head": _head,
        "said": _said,
        "sentence": sentence,
        "against": _against,
        "words": _words,
        "plain": plain,
        "also": _also,
        "shown": visible,
        "sorting": _sorting,
    }
    made.globals |= {"figure": units.figure, "interval": units.interval}
    made.globals |= {"scale_for": units.scale_for, "is_difference": is_difference}
    made.globals |= {"quantity": units.quantity, "percent": units.PERCENT, "bare": units.BARE}
    made.globals |= {"doubtful": MARK, "missing": units.MISSING, "times": units.TIMES}
    return made


def _also(line: Line, without: str) -> Markup:
    """A cell's other figures and facts, one a line; `without` is the fact shown elsewhere.

    Plain text, where a name is isolated by the characters that <bdi> stands for: a page of
    thousands of cells would open slowly with an element a name.
    """
    from markupsafe import Markup, escape  # noqa: PLC0415

    said = [(item.metric, item.said) for item in line.others]
    said += [(key, text) for key, text in facts_of(line.record, without).items()]
    rows = (f"{ISOLATE}{visible(name)}{END} {text}" for name, text in said)
    return Markup("\n").join(escape(row) for row in rows)


def _sorting(value: float | None) -> str:
    """A number as a script sorts it; nothing where there is none."""
    return "" if value is None or not isfinite(value) else f"{value:.9g}"


def _finalize(value: object) -> object:
    """Nothing reaches the page unseen: what no filter has looked at is made visible here."""
    return value if hasattr(value, "__html__") else visible(value, LONGEST)


def _name(text: object) -> Markup:
    from markupsafe import Markup  # noqa: PLC0415

    return Markup("<bdi>{}</bdi>").format(visible(text))


def _head(text: object) -> Markup:
    """A name that may go on in the next line after each underscore."""
    from markupsafe import Markup  # noqa: PLC0415

    return Markup("_<wbr>").join(visible(text).split("_"))


def _said(piece: str) -> object:
    return _name(piece) if isinstance(piece, Name) else visible(piece, TEXT_LIMIT)


def _words(status: str) -> str:
    """A status as it is read."""
    return visible(status).replace("_", " ")


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


def plain(value: object, key: str = "") -> str:
    """A setting as a reader would write it; the unit is in its name."""
    if key.endswith("_bytes") and isinstance(value, (int, float)):
        return units.quantity(value, "B")
    if value is None:
        return units.MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return sentence(", ".join(f"{key} {plain(item, key)}" for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return visible(" ".join(str(item) for item in value), TEXT_LIMIT)
    return visible(value, TEXT_LIMIT)
