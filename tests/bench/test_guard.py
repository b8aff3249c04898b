"""What would spoil every number is refused, and the flag to drop is named."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bench import guard
from bench.errors import Misuse
from bench.guard import refuse_meddlers, refuse_shadows


class Config:
    """As much of pytest's config as is asked."""

    def __init__(self, *, plugin: object = "here", **said: Any) -> None:
        self.said, self.plugin = said, plugin
        self.pluginmanager = self

    def getoption(self, name: str, default: Any = None) -> Any:
        return self.said.get(name, default)

    def getplugin(self, name: str) -> object:
        return self.plugin if name == "pytest-benchmark" else None


def refuse(**said: Any) -> None:
    refuse_meddlers(Config(**said))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _untraced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "gettrace", lambda: None)


def test_a_quiet_session_passes() -> None:
    """With every meddler known and idle; one of them at work makes the difference."""
    idle: dict[str, Any] = {"numprocesses": 0, "dist": "no", "reruns": 0, "cov_source": []}
    refuse()
    refuse(**idle)
    for name, at_work in (("numprocesses", 1), ("reruns", 2), ("cov_source", ["bench"])):
        with pytest.raises(Misuse):
            refuse(**{**idle, name: at_work})


@pytest.mark.parametrize(
    ("said", "flag"),
    [
        ({"numprocesses": 2}, "-n"),
        ({"dist": "load"}, "--dist"),
        ({"reruns": 1}, "--reruns"),
        ({"codspeed": True}, "--codspeed"),
        ({"cov_source": ["bench"]}, "--cov"),
        ({"plugin": None}, "-p no:benchmark"),
    ],
)
def test_a_meddler_is_named(said: dict[str, Any], flag: str) -> None:
    with pytest.raises(Misuse, match=f"drop .*{flag}"):
        refuse(**said)


def test_a_tracer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "gettrace", lambda: print)
    with pytest.raises(Misuse, match="tracer"):
        refuse()


def test_ours_shadow_nobody() -> None:
    found = [find_spec(name) for name in guard.OURS]
    places = [Path(spec.origin).parents[1] for spec in found if spec and spec.origin]
    assert places == [Path(guard.__file__).parents[1]] * len(guard.OURS)
    refuse_shadows()


@pytest.mark.parametrize("name", guard.OURS)
def test_a_shadow_names_both_paths(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / name / "__init__.py"
    real = guard.find_spec

    def find(wanted: str) -> ModuleSpec | None:
        return ModuleSpec(name, None, origin=str(foreign)) if wanted == name else real(wanted)

    monkeypatch.setattr(guard, "find_spec", find)
    with pytest.raises(Misuse) as found:
        refuse_shadows()
    assert str(tmp_path / name) in str(found.value)
    assert str(Path(guard.__file__).parents[1] / name) in str(found.value)
