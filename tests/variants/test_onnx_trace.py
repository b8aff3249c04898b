"""What ONNX Runtime's own trace says of a graph whose operators can be counted by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from variants.runtimes.onnx_trace import nested, operators, redraw

onnx = pytest.importorskip("onnx", reason="needs the extra onnx")
ort = pytest.importorskip("onnxruntime", reason="needs the extra onnx")


def profiled(folder: Path, runs: int) -> Path:
    """The trace of a MatMul and a Sin, as ONNX Runtime writes it."""
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    ends = [helper.make_tensor_value_info(name, kind, [4, 4]) for name in "ac"]
    nodes = [helper.make_node("MatMul", ["a", "a"], ["b"]), helper.make_node("Sin", ["b"], ["c"])]
    graph = helper.make_graph(nodes, "two", [ends[0]], [ends[1]])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    settings = ort.SessionOptions()
    settings.enable_profiling = True
    settings.profile_file_prefix = str(folder / "trace")
    session = ort.InferenceSession(
        model.SerializeToString(), settings, providers=["CPUExecutionProvider"]
    )
    for _ in range(runs):
        session.run(None, {"a": np.ones((4, 4), "float32")})
    return Path(session.end_profiling())


def test_calls_and_times_are_the_nodes_own(tmp_path: Path) -> None:
    trace = profiled(tmp_path, 3)
    found = {one.name: one for one in operators(trace)}
    assert {name: one.calls for name, one in found.items()} == {"MatMul": 3, "Sin": 3}
    told = [event for event in json.loads(trace.read_text()) if event.get("cat") == "Node"]
    spent = sum(e["dur"] for e in told if e["args"]["op_name"] == "Sin" and "kernel" in e["name"])
    assert found["Sin"].cpu_seconds == pytest.approx(spent * 1e-6)


def test_another_provider_is_named(tmp_path: Path) -> None:
    event = {
        "cat": "Node",
        "name": "x_kernel_time",
        "dur": 5,
        "args": {"op_name": "MatMul", "provider": "CUDAExecutionProvider"},
    }
    other = {"cat": "Session", "name": "model_run", "dur": 9, "args": {}}
    (tmp_path / "t.json").write_text(json.dumps([event, event, other]))
    (found,) = operators(tmp_path / "t.json")
    assert (found.name, found.calls, found.cpu_seconds) == ("MatMul (CUDA)", 2, pytest.approx(1e-5))


def test_slices_bear_the_tables_names_and_lose_nothing(tmp_path: Path) -> None:
    written, trace = profiled(tmp_path, 3), tmp_path / "shown.json"
    redraw(written, trace)
    before, (process, *after) = json.loads(written.read_text()), json.loads(trace.read_text())
    assert (process["name"], process["args"]) == ("process_name", {"name": "onnxruntime"})
    assert process["pid"] == after[0]["pid"]
    nodes = [event for event in after if event["cat"] == "Node"]
    assert [event["name"] for event in nodes] == ["MatMul", "Sin"] * 3
    assert {event["args"]["node"] + "_kernel_time" for event in nodes} == {
        event["name"] for event in before if event["cat"] == "Node"
    }
    assert sorted((e["ts"], e["cat"]) for e in after) == sorted((e["ts"], e["cat"]) for e in before)


Call = tuple[float, float, list[Any]]
"""When it began and ended, and what it called meanwhile."""


def drawn(dice: Random, start: float, depth: int = 3) -> Call:
    """A call and its calls in turn, close together, by a clock finer than the trace's."""
    inside, now = [], start + dice.random()
    for _ in range(dice.randint(1, 3) if depth else 0):
        inside.append(drawn(dice, now, depth - 1))
        now = inside[-1][1] + dice.random() / 2
    return start, now + dice.random() * (0.5 if depth else 9), inside


def as_written(call: Call, above: str = "") -> Iterator[dict[str, Any]]:
    """What ends first comes first; starts and durations in whole microseconds, cut."""
    start, end, inside = call
    for number, one in enumerate(inside):
        yield from as_written(one, f"{above}{number}.")
    yield {"pid": 1, "tid": 1, "name": above, "ts": int(start), "dur": int(end - start)}


@given(st.integers(0, 2**32))
def test_no_call_outlasts_its_caller_and_none_begins_before_the_last_is_over(seed: int) -> None:
    """Every start is kept; in two of ten such trees an end was cut and is put back."""
    dice = Random(seed)
    raw = list(as_written(drawn(dice, dice.random())))
    found = {event["name"]: event for event in nested(raw)}
    assert len(found) == len(raw)
    for event in raw:
        mended = found[event["name"]]
        assert mended["ts"] == event["ts"]
        assert mended["dur"] - event["dur"] in (0, 1)
    open_: list[dict[str, Any]] = []  # as Perfetto goes through them, in this order
    for event in found.values():
        while open_ and open_[-1]["ts"] + open_[-1]["dur"] <= event["ts"]:
            open_.pop()
        if open_:
            assert event["ts"] + event["dur"] <= open_[-1]["ts"] + open_[-1]["dur"]
        open_.append(event)


def test_a_caller_stands_before_a_call_that_took_as_long() -> None:
    event = {"pid": 1, "tid": 1, "ts": 5, "dur": 9}
    raw = [{**event, "name": "called"}, {**event, "name": "caller"}]
    assert [one["name"] for one in nested(raw)] == ["caller", "called"]


def test_what_overlaps_for_another_reason_stays_as_it_is() -> None:
    lane = {"pid": 1, "tid": 1}
    raw = [{**lane, "name": "a", "ts": 0, "dur": 9}, {**lane, "name": "b", "ts": 5, "dur": 6}]
    assert nested(raw) == raw
