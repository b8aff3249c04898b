"""What PyTorch's profiler says of a model whose operators can be counted by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch

from bench.operators import Profiling
from variants.runtimes.pytorch import TorchModel
from variants.runtimes.torch_profile import operators, redraw


def test_calls_are_those_of_the_step(tmp_path: Path) -> None:
    first, second = torch.ones(64, 64), torch.ones(64, 64)

    def step() -> None:
        for _ in range(5):
            torch.relu(first @ second)

    found = {one.name: one for one in operators(step, tmp_path / "t.json", torch.device("cpu"))}
    assert (found["aten::mm"].calls, found["aten::relu"].calls) == (5, 5)
    assert all(one.device_seconds is None for one in found.values())
    assert all(one.cpu_seconds is not None and one.cpu_seconds >= 0 for one in found.values())


def test_the_trace_is_chromes(tmp_path: Path) -> None:
    """A list of events under `traceEvents`, complete ones with a start and a duration."""
    operators(lambda: torch.ones(8) + 1, tmp_path / "t.json", torch.device("cpu"))
    events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    whole = [event for event in events if event.get("ph") == "X"]
    assert "aten::add" in {event["name"] for event in whole}
    assert all({"ts", "dur", "pid", "tid"} <= event.keys() for event in whole)


def test_times_are_of_its_own_and_in_seconds(tmp_path: Path) -> None:
    """Together they are no longer than the trace, which is in microseconds."""

    def step() -> None:
        (torch.ones(256, 256) @ torch.ones(256, 256)).softmax(-1)

    found = operators(step, tmp_path / "t.json", torch.device("cpu"))
    events = json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    seen = [event for event in events if event.get("cat") == "cpu_op"]
    lasted = max(e["ts"] + e["dur"] for e in seen) - min(e["ts"] for e in seen)
    assert 0 < sum(one.cpu_seconds or 0.0 for one in found) <= lasted * 1e-6 * 1.01


def test_a_trace_names_no_machine_and_no_draft(tmp_path: Path) -> None:
    trace = tmp_path / ".draft"
    operators(lambda: torch.ones(8) + 1, trace, torch.device("cpu"))
    written = json.loads(trace.read_text())
    assert not {"host_name", "traceName"} & written.keys()
    assert str(tmp_path) not in trace.read_text()
    assert {event["pid"] for event in written["traceEvents"]} == {os.getpid()}


def test_gpus_are_called_so_and_keep_what_ran_on_them(tmp_path: Path) -> None:
    """As PyTorch writes them: every process is python, and a label says where."""

    def told(what: str, pid: int, **args: str) -> dict[str, object]:
        return {"ph": "M", "name": f"process_{what}", "pid": pid, "tid": 0, "ts": 1, "args": args}

    kernel = {"ph": "X", "cat": "kernel", "name": "gemm", "pid": 0, "tid": 7, "ts": 2.5, "dur": 1.5}
    where = {4711: "CPU", 0: "GPU 0", 1: "GPU 1"}
    events = [told("name", pid, name="python") for pid in where]
    events += [told("labels", pid, labels=label) for pid, label in where.items()]
    trace = tmp_path / "t.json"
    mark = {**kernel, "name": "PyTorch Profiler (0)", "pid": "Spans", "tid": "PyTorch Profiler"}
    trace.write_text(json.dumps({"traceEvents": [*events, kernel, mark], "displayTimeUnit": "ms"}))
    redraw(trace)
    shown = json.loads(trace.read_text())
    assert shown["displayTimeUnit"] == "ms"
    assert [event["args"]["name"] for event in shown["traceEvents"][:3]] == [
        "python",
        "GPU 0",
        "GPU 1",
    ]
    assert shown["traceEvents"][3:] == [*events[3:], kernel]


def test_every_torch_model_offers_it() -> None:
    assert isinstance(TorchModel.__new__(TorchModel), Profiling)
    assert TorchModel.profiler == "torch.profiler"
