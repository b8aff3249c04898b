"""What goes on beside what no clock looks at: imports, and the start of the next child."""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from bench import process
from bench.cell import CELL, UNTIMED
from bench.child import Children
from bench.session import SESSION, BenchSession
from bench.standby import await_turn, called
from bench.variant import Variant


def bring(bench: BenchSession, variant: Variant, folder: Path) -> None:
    """Import all that a variant needs, on as many threads as it will run on, and the statistics.

    Those take 20 MB, which would stand in the peaks of every cell but a child's first.
    """
    os.environ.update(process.for_libraries(bench.settings.threads))
    import_module("scipy.stats")
    if variant.runtime:
        import_module(variant.runtime).prepare(folder, bench.settings.place)
    # What is imported stays: without it in its lists, the collector takes 10 ms and not 200.
    gc.collect()
    gc.freeze()


def stand_by(session: pytest.Session) -> None:
    """In a child: import what its cells need, then wait to be called."""
    if not called():
        return
    _bring_for(session.config, session.items)
    if not await_turn():
        pytest.exit("no longer wanted", returncode=0)


def begin(config: pytest.Config, children: Children, items: Sequence[pytest.Item]) -> None:
    """Before the first cell: where a child has it, it imports while we do."""
    here = [item for item in items if CELL in item.stash and not children.has(item)]
    if _alone(config) and items and here and children.has(items[0]):
        children.call(items[:1])
        _bring_for(config, here[:1])


def before(children: Children, item: pytest.Item) -> None:
    """A cell is due in this process: untimed, the next child may start; timed, all is quiet."""
    if item.get_closest_marker(UNTIMED) is None:
        children.settle()
    elif _alone(item.config):
        items = item.session.items
        children.call(items[items.index(item) + 1 :])


def _bring_for(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """What the first of `items` that loads a model needs."""
    bench = config.stash[SESSION]
    for item in items:
        if "host_baseline" in getattr(item, "fixturenames", ()):
            variant = bench.catalog.get(item.stash[CELL].variant)
            with suppress(Exception):  # the cell itself runs into it, and has it for its reason
                bring(bench, variant, bench.folder(variant))
            return


def _alone(config: pytest.Config) -> bool:
    """On a GPU a process that waits may hold memory of the device, which cells look at."""
    return config.stash[SESSION].settings.place.device == "cpu"
