"""Which status an exception stands for, and the one line that is kept of it."""

from __future__ import annotations

from typing import Any

import pytest

from bench.cell import Cell
from bench.errors import MakeFailed, ProofFailed, Unsupported
from bench.outcome import LONGEST, conclude, line_of, status_of
from bench.record import Value
from bench.workload import Workload


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ProofFailed("x"), "proof_failed"),
        (Unsupported("x"), "unsupported"),
        (NotImplementedError(), "unsupported"),
        (MemoryError(), "out_of_memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "out_of_memory"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9"),
            "out_of_memory",
        ),
        (RuntimeError("std::bad_alloc"), "out_of_memory"),
        (OSError(12, "Cannot allocate memory"), "out_of_memory"),
        (RuntimeError("shape mismatch"), "failed"),
        (AssertionError(), "failed"),
        (MakeFailed("x"), "failed"),
    ],
    ids=repr,
)
def test_status(error: BaseException, status: str) -> None:
    assert status_of(error) == status


def test_a_line() -> None:
    assert line_of(ValueError("two\n  lines\there")) == "ValueError: two lines here"
    assert line_of(ValueError()) == "ValueError"
    assert line_of(ProofFailed("found none")) == "found none"
    long = line_of(ValueError("x" * 10_000))
    assert len(long) == LONGEST
    assert long.endswith("…")


def report(outcome: str, when: str, longrepr: Any = None) -> Any:
    where = ("f", 1, "n")
    return pytest.TestReport("n", where, {}, outcome, longrepr, when)  # type: ignore[arg-type]


VALUE = Value(value=1.0, unit="s", kind="timing", better="lower")


def cell() -> Cell:
    return Cell("decode", "int4", Workload(1, 2, 3), values={"latency": VALUE})


def test_a_passed_call_is_measured() -> None:
    assert conclude(cell(), report("passed", "setup"), None) is None
    assert conclude(cell(), report("passed", "teardown"), None) is None
    found = conclude(cell(), report("passed", "call"), None)
    assert found is not None
    assert (found.status, found.values) == ("measured", {"latency": VALUE})


@pytest.mark.parametrize("when", ["setup", "call", "teardown"])
def test_a_failure_in_any_phase_has_no_figures(when: str) -> None:
    found = conclude(cell(), report("failed", when), RuntimeError("late\nerror"))
    assert found is not None
    assert (found.status, found.message) == ("failed", "RuntimeError: late error")
    assert found.values == {}


def test_our_own_errors_need_no_traceback() -> None:
    seen = report("failed", "call", "a long traceback")
    conclude(cell(), seen, ProofFailed("expected 4, found 3"))
    assert seen.longrepr == "proof_failed: expected 4, found 3"
    other = report("failed", "call", "a long traceback")
    conclude(cell(), other, RuntimeError("a slip"))
    assert other.longrepr == "a long traceback"


def test_a_skip_keeps_its_reason() -> None:
    seen = report("skipped", "setup", ("file.py", 3, "Skipped: trt: needs an NVIDIA GPU"))
    found = conclude(cell(), seen, None)
    assert found is not None
    assert (found.status, found.message) == ("skipped", "trt: needs an NVIDIA GPU")
