"""Which of the collected cells stay, and the order in which they run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench import runfile
from bench.cell import CELL, ON_REQUEST, Cell, cell_of, isolated
from bench.child import in_child
from bench.errors import Misuse
from bench.guard import refuse_meddlers
from bench.replay import CLOCK
from bench.selection import Selection
from bench.session import session_of


def arrange(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the cells that are asked for, in the order in which they run. Raises Misuse."""
    for item in items:
        if cell := cell_of(item):
            item.stash[CELL] = cell
            item.add_marker(pytest.mark.benchmark(timer=CLOCK))
    ours = [item for item in items if CELL in item.stash]
    if not ours:
        return
    runfile.take_over(config)
    refuse_meddlers(config)
    bench = session_of(config)
    kept = _of_asked_suites(config, ours)
    if not config.option.collectonly:  # a hub id would be fetched
        leave_out_too_long(kept, bench.source.positions, Selection.of(config))
    bench.variants[:] = dict.fromkeys(item.stash[CELL].variant for item in kept)
    kept = kept if in_child() else in_order(kept, bench.settings.seed)
    bench.order[:] = [item.stash[CELL].label for item in kept]
    items[:] = [item for item in items if CELL not in item.stash] + kept


def _of_asked_suites(config: pytest.Config, items: list[pytest.Item]) -> list[pytest.Item]:
    """The default set's suites, or all where widened; those on request only where named."""
    selection = Selection.of(config)
    asked = set(selection.default_suites)
    named = {arg.partition("::")[0] for arg in config.args if ".py" in arg}

    def is_named(item: pytest.Item) -> bool:
        by_hand = any(item.path.samefile(path) for path in named if Path(path).exists())
        suite = f"test_{item.stash[CELL].suite}"
        return selection.every_suite or by_hand or any(word in suite for word in selection.words)

    def stays(item: pytest.Item) -> bool:
        if is_named(item) or not _is_ours(item.path):
            return True
        usual = selection.widened or item.stash[CELL].suite in asked
        return usual and item.get_closest_marker(ON_REQUEST) is None

    gone = [item for item in items if not stays(item)]
    if gone:
        config.hook.pytest_deselected(items=gone)
    return [item for item in items if stays(item)]


def _is_ours(path: Path) -> bool:
    return path.resolve().parent == Path(__file__).resolve().parent.parent / "suites"


def in_order(items: Sequence[pytest.Item], seed: int) -> list[pytest.Item]:
    """Variants contiguous, in seeded order; within one shuffled: isolated, alone, with the teacher.

    Of the isolated ones, which share a process and its memory, those come first that only load: the
    kernels of larger steps would stay mapped and stand in their peaks. Those come last that keep a
    model. In this process those come last that keep the teacher beside it.
    """
    dice = random.Random(seed)
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        groups.setdefault(item.stash[CELL].variant, []).append(item)
    variants = list(groups)
    dice.shuffle(variants)
    ordered: list[pytest.Item] = []
    for variant in variants:
        dice.shuffle(groups[variant])
        ordered += sorted(groups[variant], key=_rank)
    return ordered


def leave_out_too_long(items: Sequence[pytest.Item], positions: int, said: Selection) -> None:
    """Skip cells that are too long by their suite's own grid.

    Raises Misuse where the command line's own axes are.
    """
    for item in items:
        cell = item.stash[CELL]
        load = cell.workload
        if load is None or load.length <= positions:
            continue
        asked = replace(
            load,
            prompt_tokens=load.prompt_tokens if said.prompt else 1,
            new_tokens=load.new_tokens if said.new else 0,
        )
        if asked.length > positions:
            check_positions([cell], positions)
        reason = f"{load.length} tokens are more than the model's {positions} positions"
        item.add_marker(pytest.mark.skip(reason=reason))


def check_positions(cells: Sequence[Cell], positions: int) -> None:
    """Raises Misuse where a workload is longer than the model can take."""
    for cell in cells:
        if cell.workload and cell.workload.length > positions:
            raise Misuse(
                f"{cell.suite}: prompt {cell.workload.prompt_tokens} + new tokens "
                f"{cell.workload.new_tokens} is longer than the model's {positions} positions; "
                "give smaller --prompt or --new"
            )


def _rank(item: pytest.Item) -> tuple[bool, bool, bool]:
    asked = getattr(item, "fixturenames", ())
    if isolated(item):
        return False, "model" in asked, item.stash[CELL].workload is not None
    return True, "reference" in asked, "model" not in asked
