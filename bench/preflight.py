"""Between collection and the first cell: check the input, then make every variant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from bench.cell import CELL, isolated
from bench.child import Children
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
    )


@contextmanager
def _terminal(config: pytest.Config) -> Iterator[None]:
    """Progress bars of children reach the screen, which pytest has captured."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is None:
        yield
        return
    with capture.global_and_fixture_disabled():
        yield
