"""A comparison as Markdown, for a job's summary or a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from reports.comparison import Comparison
from reports.escaping import markdown_text
from reports.sheet import Entry, Sheet
from reports.sheets import view

MOST = 200
"""Rows of a table: a job's summary holds 1 MiB."""
MARKS = {"better": "better", "worse": "**worse**"}
"""How a change that is sure is marked, as Markdown has no colours."""


def comparison_markdown(comparison: Comparison) -> str:
    """Every table with its title, then what the signs mean."""
    found = view(comparison, MOST)
    parts = [markdown_text(", ".join(found.heading))]
    parts += [markdown_text(line) for line in found.pays]
    for sheet in found.sheets:
        parts.append("\n".join(_sheet(sheet)))
    parts.append(markdown_text(" ".join(found.legend)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _sheet(sheet: Sheet) -> Iterator[str]:
    yield f"### {markdown_text(sheet.title)}\n"
    yield _line([markdown_text(head) for head in sheet.heads])
    yield _line(["---"] * len(sheet.heads))
    for row in sheet.rows:
        yield _line([_entry(entry) for entry in row])
    if sheet.more:
        yield f"\n{markdown_text(sheet.more)}"


def _entry(entry: Entry) -> str:
    return " ".join(filter(None, (markdown_text(entry.text), MARKS.get(entry.verdict or ""))))


def _line(fields: list[str]) -> str:
    return f"| {' | '.join(fields)} |"
