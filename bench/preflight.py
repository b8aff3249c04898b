"""Between collection and the first cell: check the input, then make every variant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from bench.cell import CELL, isolated
from bench.child import Children
from bench.limits import LIMITS
from bench.selection import Selection
from bench.session import SESSION, BenchSession


def before_the_first_cell(config: pytest.Config, cells: Sequence[pytest.Item]) -> Children | None:
    """Make what the cells need; returns what runs the isolated ones. Raises Misuse."""
    bench = config.stash[SESSION]
    needed = [item for item in cells if item.get_closest_marker("skip") is None]
    if not needed:
        return None
    with _terminal(config):
        bench.check_before_making()
        names = dict.fromkeys(item.stash[CELL].variant for item in needed)
        bench.make([bench.catalog.get(name) for name in names])
        if _wants_limits(config, needed):
            bench.find_limits()
    return _children(config, bench, needed)


def _children(
    config: pytest.Config, bench: BenchSession, needed: Sequence[pytest.Item]
) -> Children:
    groups: dict[str, list[pytest.Item]] = {}
    for item in needed:
        name = item.stash[CELL].variant
        if isolated(item) and name not in bench.unmade and not config.option.benchmark_disable:
            groups.setdefault(name, []).append(item)
    return Children(
        config=config,
        arguments=[*bench.settings.as_arguments(), *Selection.of(config).as_arguments()],
        threads=bench.settings.threads,
        groups=groups,
        extra={LIMITS: json.dumps(bench.limits)},
    )


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
