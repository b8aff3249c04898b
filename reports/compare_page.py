"""A comparison as one self-contained page, without script and without a network."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from reports.comparison import Comparison
from reports.markup import environment
from reports.sheets import view

TEMPLATE, STYLE = "comparison.html.j2", "comparison.css"
MOST = 2000
"""Rows of a table on the page."""


def comparison_page(comparison: Comparison) -> str:
    """The page; everything that came with a run is escaped."""
    from markupsafe import Markup  # noqa: PLC0415 - discovery imports this file at start-up

    style = files("reports").joinpath("templates", STYLE).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        environment()
        .get_template(TEMPLATE)
        .render(view=view(comparison, MOST), style=Markup(style), digest=digest)
    )
