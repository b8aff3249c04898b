"""The run file: what is written is what is read, and damage is one line."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BadRun
from bench.record import Record, Run, Status, Value, record_of, to_json
from bench.workload import Workload
from tests.reports import sample

words = st.text(max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
some = st.none() | finite
many = st.lists(finite, max_size=5).map(tuple)
sizes = st.floats(min_value=1e-3, max_value=1e6)


@st.composite
def _values(draw: st.DrawFn) -> Value:
    low, high = sorted((draw(finite), draw(finite)))
    samples = draw(many)
    weights = draw(st.just(()) | st.lists(sizes, min_size=len(samples), max_size=len(samples)))
    return Value(
        value=draw(some), unit=draw(words),
        kind=draw(st.sampled_from(["exact", "timing", "paired"])),
        better=draw(st.sampled_from(["lower", "higher"])), low=low, high=high,
        samples=samples, weights=tuple(weights), recipe=draw(st.none() | words),
    )  # fmt: skip


values = _values()
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
loads = st.builds(Workload, st.integers(1, 99), st.integers(1, 99), st.integers(0, 99))
records = st.builds(
    Record, suite=words, variant=words, workload=st.none() | loads,
    status=st.sampled_from(get_args(Status)), message=st.none() | words,
    values=st.dictionaries(words, values, max_size=3),
    proof=st.dictionaries(words, plain, max_size=3),
)  # fmt: skip


@given(records)
def test_a_record_comes_back_as_it_went(record: Record) -> None:
    text = json.dumps(to_json(record), allow_nan=False)
    assert record_of(json.loads(text)) == record


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_what_is_no_number_is_null(number: float) -> None:
    value = Value(value=number, unit="s", kind="timing", better="lower", samples=(1.0, number))
    entry = to_json(Record(suite="s", variant="v", values={"x": value}, proof={"p": [number]}))
    assert entry["values"]["x"]["value"] is None
    assert entry["values"]["x"]["samples"] == [1.0, None]
    assert entry["proof"] == {"p": [None]}
    json.dumps(entry, allow_nan=False)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(np.float64(2.5), 2.5), (np.float32(0.5), 0.5), (np.int64(3), 3.0), (True, True), (7, 7)],
)
def test_numbers_of_other_libraries_become_plain(number: Any, expected: Any) -> None:
    entry = to_json(Record(suite="s", variant="v", proof={"n": number}))
    assert entry["proof"]["n"] == expected
    assert type(entry["proof"]["n"]) is type(expected)


def test_a_cell_is_suite_variant_workload() -> None:
    assert Record(suite="decode", variant="a+b", workload=Workload(1, 2, 3)).cell == (
        "decode[a+b-b1-p2-n3]"
    )
    assert Record(suite="load", variant="a").cell == "load[a]"


def test_a_run_holds_rows_records_and_absent_ones(tmp_path: Path) -> None:
    run = Run.read(sample.write(tmp_path / "run.json"))
    assert {"decode[int4-b1-p32-n16]", "load[int8]", "load[trt]"} <= set(run.by_cell)
    assert run.by_cell["load[trt]"].status == "skipped"
    assert len(run.by_cell) == len(run.records)


def broken(name: str) -> str:
    """A run file with one thing wrong."""
    data: Any = sample.full()
    ours = data["weighbridge"]
    if name == "another status":
        ours["absent"][0]["status"] = "lost"
    elif name == "no machine":
        del ours["machine"]
    elif name == "a row without ours":
        del data["benchmarks"][0]["extra_info"]["bench"]
    elif name == "another key in a value":
        next(iter(ours["records"][0]["values"].values()))["colour"] = "red"
    elif name == "a workload of words":
        data["benchmarks"][0]["extra_info"]["bench"]["workload"] = "b1-p32"
    elif name == "benchmarks is a number":
        data["benchmarks"] = 3
    elif name == "an older schema":
        ours["schema"] = 0
    elif name == "NaN":
        ours["records"][0]["values"]["ready"] = {"value": math.nan}
    elif name == "a list":
        data = [data]
    text = json.dumps(data)
    return {"cut": text[: len(text) // 2], "empty": ""}.get(name, text)


@pytest.mark.parametrize(
    "name",
    ["another status", "no machine", "a row without ours", "another key in a value",
     "a workload of words", "benchmarks is a number", "an older schema", "NaN", "a list", "cut",
     "empty"],
)  # fmt: skip
def test_damage_is_one_line_with_the_path(name: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(broken(name))
    with pytest.raises(BadRun) as found:
        Run.read(path)
    assert str(path) in str(found.value)
    assert "\n" not in str(found.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadRun):
        Run.read(tmp_path / "run.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="No such file"):
        Run.read(tmp_path / "none.json")


def test_an_unknown_status_is_refused() -> None:
    entry = to_json(Record(suite="s", variant="v"))
    with pytest.raises(ValueError, match="unknown status"):
        record_of({**entry, "status": "lost"})
