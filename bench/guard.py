"""Refuses sessions whose numbers could not be believed."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.errors import Misuse

OURS = ("bench", "variants", "suites", "reports")


def refuse_meddlers(config: pytest.Config) -> None:
    """Raises Misuse, naming the flag to drop, where something would spoil every timing."""
    if config.getoption("numprocesses", None) or config.getoption("dist", "no") != "no":
        raise Misuse("suites cannot share the machine with xdist's workers: drop -n/--dist")
    if config.getoption("reruns", None):
        raise Misuse("a cell that is run again until it passes is no measurement: drop --reruns")
    if config.getoption("codspeed", None):
        raise Misuse("codspeed replaces the benchmark fixture: drop --codspeed")
    if config.getoption("cov_source", None):
        raise Misuse("coverage slows what is timed: drop --cov")
    if sys.gettrace() is not None:
        raise Misuse("a tracer (debugger or coverage) is active and slows what is timed: drop it")
    if config.pluginmanager.getplugin("pytest-benchmark") is None:
        raise Misuse("the suites need pytest-benchmark: drop -p no:benchmark")


def refuse_shadows() -> None:
    """Raises Misuse where another package stands under one of our four names."""
    home = Path(__file__).resolve().parent.parent
    for name in OURS:
        found = find_spec(name)
        place = Path(found.origin).resolve() if found and found.origin else None
        if place is not None and place.parent.parent != home:
            raise Misuse(
                f"the package {name!r} at {place.parent} shadows Weighbridge's own at "
                f"{home / name}; rename it or take it off the path"
            )
