"""The page of a comparison: what it is drawn from, whoever compared, and the page itself.

`Versus` holds words and verdicts only. Whoever compares runs fills it in; nothing is judged here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.figures.course import Spot, course
from reports.markup import environment
from reports.page import frame

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATE = "compare.html.j2"
BADGES: Mapping[str, tuple[str, str]] = {
    "regressed": ("worse", "\N{BLACK DOWN-POINTING TRIANGLE}"),
    "worse": ("worse", "\N{BLACK DOWN-POINTING TRIANGLE}"),
    "contaminated": ("failed", "\N{MULTIPLICATION X}"),
    "missing": ("failed", "\N{MULTIPLICATION X}"),
    "inconclusive": ("doubt", "?"),
    "unclear": ("doubt", "?"),
    "improved": ("better", "\N{BLACK UP-POINTING TRIANGLE}"),
    "better": ("better", "\N{BLACK UP-POINTING TRIANGLE}"),
    "unjudged": ("open", "\N{LEFT RIGHT ARROW}"),
    "new": ("open", "+"),
    "incomparable": ("open", "\N{NOT EQUAL TO}"),
    "equivalent": ("same", "\N{ALMOST EQUAL TO}"),
    "same": ("same", "\N{ALMOST EQUAL TO}"),
}
"""Every verdict's colour and glyph, the gravest first: so they are ordered, too."""
LAST = len(BADGES)
MOST = 2000
"""Changes on the page; all of them are counted."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One run."""

    name: str
    machine: str = ""
    date: str = ""
    said: str = ""
    """How it stands to the first: the same machine, another, or why nothing is compared."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One figure of one cell, against the first run's."""

    cell: str
    metric: str
    before: str
    after: str
    change: str
    """With its interval: `1.05x [1.03, 1.07]`, as it is written."""
    verdict: str
    """One of BADGES; another is shown as it is."""
    size: float = 0.0
    """How far it is from no change, in any unit that all changes share: it orders them."""
    parts: bool = True
    """Whether its interval leaves out no change; of one verdict those that do come first."""
    run: str = ""
    """Which run, where there are more than two."""
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Apart:
    """What could not be compared, and why."""

    why: str
    which: str
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class Means:
    """What each variant's changes come to over its cells."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """As long as `heads`, a variant first."""


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Machine x variant: how each variant stands to its own machine's teacher."""

    metric: str
    machines: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    """Per variant: a ratio with its interval for every machine, as it is written."""
    sentences: tuple[str, ...] = ()
    """Where a variant surely gains more on one machine than on another."""


@dataclass(frozen=True, kw_only=True)
class Trail:
    """The history of one figure."""

    name: str
    unit: str
    spots: tuple[Spot, ...]
    said: tuple[str, ...]
    """The same in words, one a spot."""


@dataclass(frozen=True, kw_only=True)
class Versus:
    """All that the page shows; parts that are empty are left out with no hole."""

    title: str
    answer: str
    """The sentence that a reader came for."""
    sides: tuple[Side, ...]
    about: tuple[str, ...] = ()
    """What all sides have in common: model and text."""
    changes: tuple[Change, ...] = ()
    apart: tuple[Apart, ...] = ()
    notes: tuple[str, ...] = ()
    """What must be read with care."""
    signs: tuple[str, ...] = ()
    """What the signs at the changes mean."""
    means: Means | None = None
    matrices: tuple[Matrix, ...] = ()
    trails: tuple[Trail, ...] = ()
    command: str = ""
    more: str = ""
    """Where the changes stand that the page leaves out."""


def versus_page(versus: Versus) -> str:
    """The page, self-contained: the same frame as a run's."""
    from markupsafe import Markup  # noqa: PLC0415

    def drawn(trail: Trail) -> Markup:
        return Markup(course(trail.spots, "") if len(trail.spots) > 1 else "")

    counts = Counter(change.verdict for change in versus.changes)
    return environment().get_template(TEMPLATE).render(
        **frame(),
        versus=versus,
        changes=ordered(versus.changes)[:MOST],
        left=max(len(versus.changes) - MOST, 0),
        counts=sorted(counts.items(), key=lambda item: rank(item[0])),
        badges=BADGES,
        trails=[(trail, drawn(trail)) for trail in versus.trails],
        several=len(versus.sides) > 2,
    )  # fmt: skip


def ordered(changes: tuple[Change, ...]) -> list[Change]:
    """The gravest verdict first, and of one verdict what surely changed, then the largest."""
    return sorted(changes, key=lambda one: (rank(one.verdict), not one.parts, -abs(one.size)))


def rank(verdict: str) -> int:
    """The place of a verdict; one that nobody knows stands last."""
    return list(BADGES).index(verdict) if verdict in BADGES else LAST
