"""Perfetto opens the traces of our profilers: every slice is there, and nothing is dropped."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.cell import Cell
from bench.note import Note
from bench.profiling import Profiler
from bench.workload import Workload
from tests.variants import tiny
from tests.variants.perfetto import Opened, perfetto, version
from variants.recipes.checkpoint import load
from variants.runtimes.onnx_trace import nested, operators, redraw
from variants.runtimes.pytorch import TorchModel

Opener = Callable[[Path], Opened]
DROPPED = "slice_drop_overlapping_complete_event"


@pytest.fixture(scope="module")
def opened() -> Iterator[Opener]:
    with perfetto() as opener:
        yield opener


def named(trace: Path) -> dict[str, int]:
    """How many slices of each name the file has."""
    written = json.loads(trace.read_text())
    events = written["traceEvents"] if isinstance(written, dict) else written
    return Counter(event["name"] for event in events if event["ph"] == "X")


def test_a_cells_trace_from_pytorch(opened: Opener, tmp_path: Path) -> None:
    """Through `--profile`'s own path, and with the calls that stand in the cell's record."""
    model = TorchModel(load(tiny.checkpoint(tmp_path / "tiny", "llama")))
    cell = Cell("decode", "teacher", Workload(2, 8, 4))
    Profiler(model=model, folder=tmp_path / "run.traces")(
        lambda: model.generate([[5, 80, 17, 201, 9, 44, 120, 7]] * 2, 4), Note(cell), cell.label
    )
    fact = cell.facts["profile"]
    trace = tmp_path / fact["trace"]
    found = opened(trace)
    assert found.errors() == {}
    assert found.slices() == named(trace)
    told = {row["operator"]: row["calls"] for row in fact["operators"]}
    assert "aten::mm" in told
    assert told.items() <= found.calls().items()
    assert found.lanes() == [["python", os.getpid(), 1, sum(named(trace).values())]]
    assert found.unfolds(f"python {os.getpid()}")


def test_a_trace_of_onnx_runtime(opened: Opener, tmp_path: Path) -> None:
    """500 forwards of a graph so small that ONNX Runtime cuts an end short now and then."""
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    from tests.variants.test_onnx_trace import profiled

    written, trace = profiled(tmp_path, 500), tmp_path / "shown.json"
    redraw(written, trace)
    found = opened(trace)
    assert found.errors() == {}
    assert found.slices() == named(trace)
    told = {one.name: one.calls for one in operators(written)}
    assert told == {"MatMul": 500, "Sin": 500}
    assert told.items() <= found.slices().items()
    assert found.lanes() == [["onnxruntime", os.getpid(), 1, sum(named(trace).values())]]
    assert found.unfolds(f"onnxruntime {os.getpid()}")


def test_what_was_cut_short_is_lost_as_written_and_kept_as_redrawn(
    opened: Opener, tmp_path: Path
) -> None:
    """Perfetto does complain where there is reason to: one call outlasts its caller."""

    def events(pid: int) -> list[dict[str, Any]]:
        lane = {"ph": "X", "cat": "Session", "pid": pid, "tid": pid, "args": {}}
        caller = {**lane, "name": "caller", "ts": 12, "dur": 12}
        return [{**lane, "name": "called", "ts": 14, "dur": 11}, caller]

    trace = tmp_path / "both.json"
    trace.write_text(json.dumps([*events(7), *nested(events(8))]))
    found = opened(trace)
    assert found.errors() == {DROPPED: 1}
    assert [row[1:] for row in found.lanes()] == [[7, 1, 1], [8, 1, 2]]
    assert found.query("select name, depth, dur from slice order by dur desc") == [
        ["caller", 0, 13_000],  # of process 8, where it lasts until what it called is over
        ["caller", 0, 12_000],
        ["called", 1, 11_000],
    ]


def test_the_readme_names_the_version_that_opened_them() -> None:
    readme = Path(__file__).parents[2] / "README.md"
    assert f"Perfetto {version()}" in readme.read_text(encoding="utf-8")
