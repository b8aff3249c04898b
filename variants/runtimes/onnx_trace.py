"""What ONNX Runtime's own trace says of operators; Perfetto opens it as it is."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from bench.operators import Operator

MICRO = 1e-6
KERNEL = "_kernel_time"


def operators(trace: Path) -> list[Operator]:
    """Operators by name and, off the processor, by provider: the calls' own time on the host."""
    calls: dict[str, int] = defaultdict(int)
    micros: dict[str, float] = defaultdict(float)
    for event in json.loads(trace.read_text(encoding="utf-8")):
        if event.get("cat") != "Node" or not str(event.get("name")).endswith(KERNEL):
            continue
        told = event["args"]
        provider = str(told.get("provider", "")).removesuffix("ExecutionProvider")
        name = told["op_name"] + (f" ({provider})" if provider not in ("", "CPU") else "")
        calls[name] += 1
        micros[name] += event["dur"]
    return [
        Operator(name=name, calls=calls[name], cpu_seconds=micros[name] * MICRO) for name in calls
    ]
