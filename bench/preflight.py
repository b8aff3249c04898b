"""Between collection and the first cell: check the input, then make every variant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from bench import resume
from bench.cell import CELL, isolated
from bench.child import Children
from bench.limits import LIMITS
from bench.profiling import TRACES, traces
from bench.resume import Begun
from bench.selection import Selection
from bench.session import SESSION, BenchSession


@dataclass(frozen=True)
class Ready:
    """What runs the cells: the items, and for some of them a child."""

    begun: Begun
    children: Children


def before_the_first_cell(config: pytest.Config, cells: Sequence[pytest.Item]) -> Ready | None:
    """Make what the cells need; None where all are skipped. Raises Misuse, MakeFailed."""
    bench = config.stash[SESSION]
    if all(skipped(item) for item in cells):
        return None
    with _terminal(config):
        bench.check_before_making()
        begun = resume.begin(config, cells)
        needed = [item for item in begun.items if to_run(item)]
        names = dict.fromkeys(item.stash[CELL].variant for item in needed)
        bench.make([bench.catalog.get(name) for name in names])
        if _wants_limits(config, needed):
            bench.find_limits()
    begun.open()
    return Ready(
        begun,
        Children(
            config=config,
            arguments=[*bench.settings.as_arguments(), *Selection.of(config).as_arguments()],
            threads=bench.settings.threads,
            groups=_groups(config, bench, needed),
            shared=begun.journal.path if begun.journal else None,
            extra={LIMITS: json.dumps(bench.limits), TRACES: str(traces(config))},
        ),
    )


def skipped(item: pytest.Item) -> bool:
    """Whether it is known not to run here."""
    return item.get_closest_marker("skip") is not None


def to_run(item: pytest.Item) -> bool:
    """Whether it is neither skipped nor known already."""
    return not skipped(item) and item.stash[CELL].known is None


def _groups(
    config: pytest.Config, bench: BenchSession, needed: Sequence[pytest.Item]
) -> list[list[pytest.Item]]:
    """Marked cells of a variant share a child; with `--isolate` every cell has its own."""
    if config.option.benchmark_disable:
        return []
    alone = bench.settings.isolate
    groups: dict[str, list[pytest.Item]] = {}
    for item in needed:
        cell = item.stash[CELL]
        if cell.variant not in bench.unmade and (alone or isolated(item)):
            groups.setdefault(cell.label if alone else cell.variant, []).append(item)
    return list(groups.values())


def _wants_limits(config: pytest.Config, needed: Sequence[pytest.Item]) -> bool:
    """Whether a cell that will be measured is set against the machine's limits."""
    if config.option.benchmark_disable or config.getoption("bench_make_only"):
        return False
    return any("roofline" in getattr(item, "fixturenames", ()) for item in needed)


@contextmanager
def _terminal(config: pytest.Config) -> Iterator[None]:
    """Progress bars of children reach the screen, which pytest has captured."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is None:
        yield
        return
    with capture.global_and_fixture_disabled():
        yield
