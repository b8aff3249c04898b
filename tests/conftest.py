"""What holds for all tests: slow ones are deselected and counted, and sys.path stays as it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _path_as_it_was() -> Iterator[None]:
    """A command run in this process puts its project on the path: not for the next test."""
    before = list(sys.path)
    yield
    sys.path[:] = before


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """pytest: "Modify or filter the collected items"; `-m slow` and `-m "slow or not slow"` run."""
    if "slow" in config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]
