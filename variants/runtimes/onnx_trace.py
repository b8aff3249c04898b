"""What ONNX Runtime's own trace says of operators, and that trace as Perfetto shows it whole."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench.operators import Operator

MICRO = 1e-6
KERNEL = "_kernel_time"
CUT = 1
"""Microseconds: it cuts starts and durations to whole ones, so an end may come out one early."""


def operators(trace: Path) -> list[Operator]:
    """Operators by name and, off the processor, by provider: the calls' own time on the host."""
    calls: dict[str, int] = defaultdict(int)
    micros: dict[str, float] = defaultdict(float)
    for event in json.loads(trace.read_text(encoding="utf-8")):
        if (name := _operator(event)) is not None:
            calls[name] += 1
            micros[name] += event["dur"]
    return [
        Operator(name=name, calls=calls[name], cpu_seconds=micros[name] * MICRO) for name in calls
    ]


def redraw(written: Path, trace: Path) -> None:
    """The trace that ONNX Runtime has written, at `trace`, for whoever looks at it.

    Its slices bear the names that the table has, since Perfetto adds up slices of one name;
    a node's own name stands among a slice's arguments.
    """
    events = [_named(event) for event in json.loads(written.read_text(encoding="utf-8"))]
    names = [
        {"ph": "M", "name": "process_name", "pid": pid, "ts": 0, "args": {"name": "onnxruntime"}}
        for pid in sorted({event["pid"] for event in events})
    ]
    trace.write_text(json.dumps(names + nested(events)), encoding="utf-8")


def nested(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whoever calls stands first, and ends no earlier than what it called.

    Perfetto drops a slice that ends after the one around it, and counts that as an error.
    ONNX Runtime writes what was called first, and an end may be CUT short: it is put back.
    """
    first = sorted(range(len(events)), key=lambda at: (*_span(events[at]), -at))
    around: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    found = []
    for event in (dict(events[at]) for at in first):
        callers = around[event["pid"], event["tid"]]
        while callers and _end(callers[-1]) <= event["ts"]:
            callers.pop()
        for caller in callers:
            if 0 < _end(event) - _end(caller) <= CUT:
                caller["dur"] = _end(event) - caller["ts"]
        callers.append(event)
        found.append(event)
    return found


def _operator(event: dict[str, Any]) -> str | None:
    """As the table names it; None for what is no operator's call."""
    if event.get("cat") != "Node" or not str(event.get("name")).endswith(KERNEL):
        return None
    told = event["args"]
    provider = str(told.get("provider", "")).removesuffix("ExecutionProvider")
    return str(told["op_name"]) + (f" ({provider})" if provider not in ("", "CPU") else "")


def _named(event: dict[str, Any]) -> dict[str, Any]:
    name = _operator(event)
    if name is None:
        return event
    node = event["name"].removesuffix(KERNEL)
    return {**event, "name": name, "args": {"node": node, **event["args"]}}


def _span(event: dict[str, Any]) -> tuple[float, float]:
    """Sorts by start, the longest first."""
    return event["ts"], -event["dur"]


def _end(event: dict[str, Any]) -> float:
    end: float = event["ts"] + event["dur"]
    return end
