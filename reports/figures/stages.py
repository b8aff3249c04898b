"""The size after each stage of a chain: what every recipe took away from what came before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.record import Run
from reports.columns import SIZE

WIDTH, HEIGHT = 360, 16
SHORTEST = 3
"""Stages, the teacher's among them: two say no more than the table of variants."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step of a chain."""

    variant: str
    size: float
    """Bytes on disk."""
    share: float | None
    """Of the first stage's; None for the first itself."""
    svg: str


def chains(run: Run) -> list[list[Stage]]:
    """Every chain of at least three stages whose sizes are all known, longest branches only."""
    bases = {name: about.get("base") for name, about in run.variants.items()}
    inner = {base for base in bases.values() if isinstance(base, str)}
    found = (_path(name, bases) for name in bases if name not in inner)
    sizes = _sizes(run)
    return [
        list(_stages(path, sizes))
        for path in found
        if len(path) >= SHORTEST and all(name in sizes for name in path)
    ]


def _path(name: str, bases: dict[str, object]) -> list[str]:
    """From the first base to `name`; bases that the run does not describe end it."""
    path = [name]
    while isinstance(base := bases.get(path[-1]), str) and base in bases and base not in path:
        path.append(base)
    return path[::-1]


def _sizes(run: Run) -> dict[str, float]:
    suite, metric = SIZE
    found = ((r.variant, r.values.get(metric)) for r in run.records if r.suite == suite)
    return {name: value.value for name, value in found if value and value.value}


def _stages(path: list[str], sizes: dict[str, float]) -> Iterator[Stage]:
    first, most = sizes[path[0]], max(sizes[name] for name in path)
    for at, name in enumerate(path):
        share = sizes[name] / first if at else None
        yield Stage(variant=name, size=sizes[name], share=share, svg=bar(sizes[name] / most))


def bar(share: float) -> str:
    """A bar of this share of the width."""
    return (
        f'<svg class="roof" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f'<rect class="fill" y="2" width="{share * WIDTH:.1f}" height="12" rx="2"/></svg>'
    )
