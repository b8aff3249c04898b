"""A profile is one run more, marks its cell, and costs no figure whatever becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import sampling
from bench.cell import Cell
from bench.duel import Duel
from bench.measure import Measure
from bench.metrics.speed import latency
from bench.note import Note
from bench.operators import MOST, Operator, table
from bench.outcome import _doubt
from bench.profiling import WHY, Profiler
from bench.sampling import Plan
from bench.workload import Workload
from tests.bench.test_measure import Benchmark
from tests.fakes import _project
from tests.fakes._project import SMALL, weigh

CELL = "decode[student+int8-b1-p32-n16]"
SCHEMA = json.loads((_project.ROOT / "bench" / "run.schema.json").read_text())
PROFILE = jsonschema.Draft202012Validator({"$defs": SCHEMA["$defs"], "$ref": "#/$defs/profile"})


class Watched:
    """A model with a profiler."""

    profiler = "a stopwatch"

    def __init__(self, seen: Iterable[Operator] = (), error: Exception | None = None) -> None:
        self._seen, self._error = seen, error

    def profile(self, step: Callable[[], object], trace: Path) -> Iterable[Operator]:
        step()
        trace.write_text('{"traceEvents": []}')
        if self._error:
            raise self._error
        return self._seen


def cell() -> Cell:
    return Cell("decode", "student+int8", Workload(1, 32, 16))


def profiled(model: object, folder: Path) -> Cell:
    found = cell()
    Profiler(model=model, folder=folder)(lambda: None, Note(found), found.label)
    return found


def test_a_profile_is_a_fact_and_a_trace(tmp_path: Path) -> None:
    seen = [Operator(name="add", calls=3, cpu_seconds=0.5)]
    found = profiled(Watched(seen), tmp_path / "run.traces")
    trace = "run.traces/decode-student+int8-b1-p32-n16.json"
    assert found.facts["profile"] == {
        "profiler": "a stopwatch",
        "trace": trace,
        "cpu_seconds": 0.5,
        "device_seconds": None,
        "left_out": 0,
        "operators": [{"operator": "add", "calls": 3, "cpu_seconds": 0.5, "device_seconds": None}],
    }
    PROFILE.validate(found.facts["profile"])
    assert json.loads((tmp_path / trace).read_text()) == {"traceEvents": []}
    assert _doubt(found) == ("profiled", WHY)
    assert found.warnings == []


def test_a_runtime_without_a_profiler_says_so(tmp_path: Path) -> None:
    found = profiled(object(), tmp_path / "run.traces")
    assert found.warnings == ["not profiled: its runtime offers no profiler"]
    assert found.facts == {}
    assert not (tmp_path / "run.traces").exists()


def test_a_profile_that_fails_leaves_nothing_but_a_warning(tmp_path: Path) -> None:
    found = profiled(Watched(error=RuntimeError("no\ncounters")), tmp_path)
    assert found.warnings == ["not profiled: RuntimeError: no counters"]
    assert (found.facts, list(tmp_path.iterdir())) == ({}, [])


@given(
    st.lists(
        st.builds(
            Operator,
            name=st.text(max_size=4),
            calls=st.integers(1, 9),
            cpu_seconds=st.floats(0, 1),
            device_seconds=st.none() | st.floats(0, 1),
        ),
        max_size=90,
    )
)
@settings(deadline=None)
def test_the_longest_are_named_and_all_are_counted(operators: list[Operator]) -> None:
    found = table(operators)
    took = [row["cpu_seconds"] + (row["device_seconds"] or 0) for row in found["operators"]]
    assert took == sorted((one.seconds for one in operators), reverse=True)[:MOST]
    assert len(took) + found["left_out"] == len(operators)
    if operators:
        assert found["cpu_seconds"] == pytest.approx(sum(one.cpu_seconds or 0 for one in operators))
    PROFILE.validate({"profiler": "x", "trace": "y", **found})


def test_the_clock_is_done_before_the_profiler_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story: list[str] = []

    class Telling(Watched):
        def profile(self, step: Callable[[], object], trace: Path) -> Iterable[Operator]:
            story.append("profile")
            return super().profile(step, trace)

    monkeypatch.setattr("bench.measure.probes", dict)
    monkeypatch.setattr(sampling, "SHORTEST", 0.0)
    profiler, found = Profiler(model=Telling(), folder=tmp_path), cell()
    plan = Plan(rounds=3, warmups=1)
    measure = Measure(found, Benchmark(enabled=True), plan, None, profiler)
    measure(lambda: story.append("step"), latency)
    assert story == ["step"] * 4 + ["profile", "step"]
    assert len(found.values["latency"].samples) == 3
    story.clear()
    duel = Duel(cell(), plan, None, profiler)
    duel(lambda: story.append("teacher"), lambda: story.append("variant"))
    assert story[-2:] == ["profile", "variant"]
    assert story.count("profile") == 1


@pytest.mark.parametrize("how", [(), ("--isolate",)], ids=["here", "in a child"])
def test_a_profiled_session(tmp_path: Path, how: tuple[str, ...]) -> None:
    project = _project.lay_out(tmp_path)
    words = (*SMALL, "--variant=teacher,watched", "-k", "decode or load", "--profile", *how)
    ended = weigh(project, *words, "--benchmark-json=mine.json", "-v")
    assert ended.code == 0, ended.said
    (project / "mine.json").rename(project / "run.json")
    jsonschema.validate(ended.document, SCHEMA)
    teacher, watched = ended.cell("decode", "teacher"), ended.cell("decode", "watched")
    assert teacher.status == watched.status == "profiled"
    assert "not profiled: its runtime offers no profiler" in teacher.warnings
    where = watched.facts["profile"]["trace"]
    assert where == "mine.traces/decode-watched-b1-p8-n4.json"
    assert json.loads((project / where).read_text())["traceEvents"]
    assert [path.name for path in (project / "mine.traces").iterdir()] == [Path(where).name]
    assert ended.cell("load", "watched").status in ("measured", "few_samples")
    assert len(watched.values["latency"].samples) == 32
    assert "profile decode[watched-b1-p8-n4]" in ended.said
    assert "look up" in ended.said


def test_a_folder_that_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    project = _project.lay_out(tmp_path)
    (project / "run.traces").touch()
    ended = weigh(project, *SMALL, "--profile")
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert "run.traces is no folder" in ended.said
    assert ended.made == []
