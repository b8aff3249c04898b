"""The run file: what is written is what is read, and damage is one line."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BadRun
from bench.reading import read, record_of, run_of
from bench.reading_values import NEVER_NEGATIVE
from bench.record import Record, Status, Value, built, to_json
from bench.workload import Workload
from tests.reports import sample

words = st.text(max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
some = st.none() | finite
many = st.lists(finite, max_size=5).map(tuple)


def value_of(drawn: Any) -> Value:
    """Ends in their order, and a weight for every sample or for none."""
    unit, kind, better, value, ends, samples, weighed, recipe = drawn
    low, high = sorted(ends)
    weights = tuple(1.0 + at for at in range(len(samples))) if weighed else ()
    return Value(
        value=value, unit=unit, kind=kind, better=better, low=low, high=high,
        samples=samples, weights=weights, recipe=recipe,
    )  # fmt: skip


units = words.filter(lambda unit: unit not in NEVER_NEGATIVE)
values = st.tuples(
    units, st.sampled_from(["exact", "timing", "tail", "paired"]),
    st.sampled_from(["lower", "higher"]), some, st.tuples(finite, finite), many, st.booleans(),
    st.none() | words,
).map(value_of)  # fmt: skip
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


@given(records)
def test_what_is_built_at_once_is_what_the_constructor_makes(record: Record) -> None:
    again = built(Record, **vars(record))
    assert (again, repr(again), list(vars(again))) == (record, repr(record), list(vars(record)))
    with pytest.raises(FrozenInstanceError):
        again.suite = "another"  # type: ignore[misc]


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
    run = read(sample.write(tmp_path / "run.json"))
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
        read(path)
    assert str(path) in str(found.value)
    assert "\n" not in str(found.value)


BAD = {
    "a value of words": ("value.value", "abc"),
    "a value that is true": ("value.value", True),
    "a value beyond floats": ("value.value", 10**400),
    "a value that is infinite": ("value.high", math.inf),
    "an interval that ends before it begins": ("value.low", 1e300),
    "samples of many kinds": ("value.samples", [1.0, "2", None]),
    "samples that are no list": ("value.samples", 3),
    "a weight of nothing": ("value.weights", [0] * 15),
    "too few weights": ("value.weights", [1]),
    "a kind that nobody can judge": ("value.kind", "guess"),
    "a direction that is none": ("value.better", "sideways"),
    "a batch of words": ("cell.workload.batch", "x"),
    "a batch below one": ("cell.workload.batch", -1),
    "a batch that is true": ("cell.workload.batch", True),
    "a batch of a half": ("cell.workload.batch", 1.5),
    "a suite that is a list": ("cell.suite", ["decode"]),
    "a proof that is a list": ("cell.proof", []),
    "a message that is a number": ("cell.message", 4),
    "values that are a list": ("cell.values", []),
    "a variant of words": ("ours.variants.int8", "x"),
    "variants that are a list": ("ours.variants", ["int8"]),
    "a GPU of words": ("ours.machine.gpu", "x"),
    "a machine that is a list": ("ours.machine", []),
    "a machine with more bytes than floats": ("ours.machine.memory_bytes", 10**400),
    "settings that are nothing": ("ours.settings", None),
    "a command that is a number": ("ours.settings.command", 5),
    "a text of words": ("ours.text", "wikitext"),
    "a date that is a number": ("ours.date", 20260302),
    "records that are a word": ("ours.records", "none"),
    "a name that breaks the line": ("value.col\nour", 1),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_type_anywhere_is_one_line(name: str) -> None:
    place, wrong = BAD[name]
    data: Any = sample.full()
    cell = next(
        row["extra_info"]["bench"] for row in data["benchmarks"]
        if row["extra_info"]["bench"]["suite"] == "decode"
    )  # fmt: skip
    roots = {"value": cell["values"]["latency"], "cell": cell, "ours": data["weighbridge"]}
    first, *path, last = place.split(".")
    target = roots[first]
    for key in path:
        target = target[key]
    target[last] = wrong
    with pytest.raises(BadRun) as found:
        run_of(data, "run.json")
    said = str(found.value)
    assert said.startswith("run.json is damaged: ")
    assert len(said) < 200
    assert "\n" not in said


def test_a_number_too_large_for_json_s_readers_is_damage(tmp_path: Path) -> None:
    text = json.dumps(sample.full()).replace("124439808", "1e999", 1)
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(BadRun, match="value of 'parameters' is inf"):
        read(tmp_path / "run.json")


@pytest.mark.parametrize("levels", [30, 900, 100_000])
def test_a_tower_of_lists_is_damage(levels: int, tmp_path: Path) -> None:
    tower = "[" * levels + "]" * levels
    text = json.dumps(sample.full()).replace('"seed": 0', f'"seed": {tower}')
    assert tower in text
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(BadRun):
        read(tmp_path / "run.json")


def test_a_lost_sample_takes_the_others_with_it() -> None:
    """Samples are paired by their place: what is left of them would be paired wrongly."""
    value = Value(
        value=1.0, unit="s", kind="paired", better="lower",
        samples=(1.0, math.nan, 3.0), weights=(1.0, 1.0, 1.0),
    )  # fmt: skip
    back = record_of(to_json(Record(suite="s", variant="v", values={"x": value}))).values["x"]
    assert (back.value, back.samples, back.weights) == (1.0, (), ())


def test_whole_numbers_stay_whole() -> None:
    value = Value(value=498_000_000, unit="B", kind="exact", better="lower")
    entry = to_json(Record(suite="s", variant="v", values={"x": value}))
    assert type(record_of(entry).values["x"].value) is int


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadRun):
        read(tmp_path / "run.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="No such file"):
        read(tmp_path / "none.json")


def test_an_unknown_status_is_refused() -> None:
    entry = to_json(Record(suite="s", variant="v"))
    with pytest.raises(ValueError, match="unknown status"):
        record_of({**entry, "status": "lost"})
