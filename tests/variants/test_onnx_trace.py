"""What ONNX Runtime's own trace says of a graph whose operators can be counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from variants.runtimes.onnx_trace import operators

onnx = pytest.importorskip("onnx", reason="needs the extra onnx")
ort = pytest.importorskip("onnxruntime", reason="needs the extra onnx")


def test_calls_and_times_are_the_nodes_own(tmp_path: Path) -> None:
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    ends = [helper.make_tensor_value_info(name, kind, [4, 4]) for name in "ac"]
    nodes = [helper.make_node("MatMul", ["a", "a"], ["b"]), helper.make_node("Sin", ["b"], ["c"])]
    graph = helper.make_graph(nodes, "two", [ends[0]], [ends[1]])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    settings = ort.SessionOptions()
    settings.enable_profiling = True
    settings.profile_file_prefix = str(tmp_path / "trace")
    session = ort.InferenceSession(
        model.SerializeToString(), settings, providers=["CPUExecutionProvider"]
    )
    for _ in range(3):
        session.run(None, {"a": np.ones((4, 4), "float32")})
    trace = Path(session.end_profiling())
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
