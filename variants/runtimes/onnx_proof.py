"""What a session of ONNX Runtime really ran: operators and where, threads, kinds of weights."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import onnx

from bench.errors import ProofFailed
from variants.runtimes.onnx_graph import Facts

PACKED = "MatMulNBits"
FLOATS = ("MatMul", "Gemm", "FusedMatMul", "FusedGemm")
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
ATTENTION = "GroupQueryAttention"
TYPES = {onnx.TensorProto.FLOAT: ("float32", 4), onnx.TensorProto.FLOAT16: ("float16", 2)}


@dataclass(frozen=True)
class Seen:
    """What the profile of some forwards says."""

    forwards: int
    calls: Mapping[tuple[str, str], int]
    """By provider and operator."""
    workers: int | None
    """Threads that the session started beside the caller's; None where the system cannot say."""

    def of(self, *operators: str) -> int:
        """Calls of these, wherever."""
        return sum(n for (_, name), n in self.calls.items() if name in operators)


def watched(open_: Callable[[Path], Any], act: Callable[[Any], object], forwards: int) -> Seen:
    """Open a profiled session by `open_(profile's path)`, `act` on it, and read what it wrote."""
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
        before = _threads()
        session = open_(Path(folder, "profile"))
        after = _threads()
        act(session)
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    workers = None if before is None or after is None else after - before
    return Seen(forwards, Counter(_calls(events)), workers)


def _calls(events: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            yield event["args"]["provider"], event["args"]["op_name"]


def _threads() -> int | None:
    """Of this process."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return None


def prove(facts: Facts, device: str, threads: int, seen: Seen) -> dict[str, Any]:
    """Counts beside what the architecture asks for. Raises ProofFailed, with what was found."""
    expected = facts.matrices * seen.forwards
    packed, floats = seen.of(PACKED), seen.of(*FLOATS)
    if facts.bits < 32 and (packed != expected or floats):
        raise ProofFailed(
            f"expected {expected} calls of {PACKED} in {seen.forwards} forwards and no matmul in "
            f"floats; the profiler saw {packed}, and {floats} in floats"
        )
    if facts.bits == 32 and (packed or floats < expected):
        raise ProofFailed(
            f"expected {expected} matmuls in floats in {seen.forwards} forwards; the profiler saw "
            f"{floats}, and {packed} of {PACKED}"
        )
    attention, layers = seen.of(ATTENTION), facts.layers * seen.forwards
    if attention != layers and not (facts.bits == 32 and attention == 0):
        raise ProofFailed(f"expected {layers} of attention ({ATTENTION}), found {attention}")
    _expect_provider(device, seen)
    _expect_threads(threads, seen)
    return {
        "nodes": {name: _by_provider(seen, name) for name in sorted({p for p, _ in seen.calls})},
        "quantised_linears": {"found": packed // seen.forwards, "expected": facts.matrices}
        if facts.bits < 32
        else {},
        "attention": {ATTENTION: attention} if attention else "written out",
        "workers": seen.workers,
    }


def _by_provider(seen: Seen, provider: str) -> dict[str, int]:
    """The operators that compute, by how often they were called."""
    found = {name: n for (where, name), n in seen.calls.items() if where == provider}
    return dict(sorted(found.items(), key=lambda row: (-row[1], row[0])))


def _expect_provider(device: str, seen: Seen) -> None:
    """All matmuls and attention; shapes may be worked out on the host."""
    provider = PROVIDERS[device.partition(":")[0]]
    computing = (PACKED, *FLOATS, ATTENTION)
    found = {where for where, name in seen.calls if name in computing}
    if found != {provider}:
        raise ProofFailed(f"expected every matmul on {provider}, found {', '.join(sorted(found))}")


def _expect_threads(threads: int, seen: Seen) -> None:
    """The caller computes too, so a session of n threads starts n - 1."""
    if seen.workers is not None and seen.workers != threads - 1:
        raise ProofFailed(f"expected {threads} threads, found {seen.workers} besides the caller's")


def stored_bytes(graph: Path) -> dict[str, int]:
    """Bytes of a graph's weights by kind of storage; what several nodes share counts once."""
    body = onnx.load(graph, load_external_data=False).graph
    few = {
        node.input[1]: f"int{_attribute(node, 'bits')}_packed"
        for node in body.node
        if node.op_type == PACKED
    }
    found: Counter[str] = Counter()
    for tensor in body.initializer:
        if tensor.data_type in TYPES:
            kind, size = TYPES[tensor.data_type]
            found[kind] += size * prod(tensor.dims)
        elif tensor.data_type == onnx.TensorProto.UINT8:
            found[few.get(tensor.name, "uint8")] += prod(tensor.dims)
    return dict(found)


def _attribute(node: onnx.NodeProto, name: str) -> int:
    return next(int(one.i) for one in node.attribute if one.name == name)
