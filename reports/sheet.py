"""What a comparison is shown as: tables of plain text, whoever draws them."""

from __future__ import annotations

from dataclasses import dataclass

from reports.changes import Verdict
from reports.comparison import Comparison
from reports.names import visible


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a table."""

    text: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    more: str = ""
    """What is left out, and where it stands."""


@dataclass(frozen=True, slots=True)
class View:
    """Everything that is shown of a comparison."""

    heading: tuple[str, ...]
    pays: tuple[str, ...]
    """Which variants gain more on one machine than on another, a sentence each."""
    sheets: tuple[Sheet, ...]
    legend: tuple[str, ...]


def names_of(comparison: Comparison) -> list[str]:
    """The runs of which anything may be compared, the first one first."""
    live = [pair.name for pair in comparison.pairs if not pair.why]
    return [visible(name, 24) for name in (comparison.runs[0].name, *live)]


def short(name: str) -> str:
    """A run's name where it stands in a head or a sentence."""
    return visible(name, 24)
