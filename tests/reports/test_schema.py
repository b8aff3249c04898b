"""The documented format: the sample and the real writer keep to it, and it is strict."""

import json
from importlib.resources import files
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator, ValidationError

from bench.record import SCHEMA, Record, Status, Value, to_json
from bench.workload import Workload
from tests.reports import sample

DOCUMENT = json.loads(files("bench").joinpath("run.schema.json").read_text())
VALIDATOR = Draft202012Validator(DOCUMENT)


def faults(data: Any) -> list[str]:
    """What the schema has against a document."""
    return [error.message for error in VALIDATOR.iter_errors(data)]


def test_it_is_a_schema() -> None:
    assert Draft202012Validator(Draft202012Validator.META_SCHEMA).is_valid(DOCUMENT)


@pytest.mark.parametrize("names", [("teacher", "int4"), ("half", "trt"), ()])
def test_samples_keep_to_it(names: tuple[str, ...]) -> None:
    assert faults(sample.only(*names)) == faults(sample.full()) == []


@pytest.mark.parametrize("load", [2.1, 0, None])
def test_the_load_before_may_be_told(load: float | None) -> None:
    assert faults(damage(sample.full(), "weighbridge", "machine", "load_before", to=load)) == []


def test_what_a_record_becomes_keeps_to_it() -> None:
    value = Value(value=float("nan"), unit="s", kind="timing", better="lower", samples=(1.0, 2.0))
    record = Record(
        suite="decode",
        variant="a",
        workload=Workload(1, 2, 3),
        values={"x": value},
        proof={"k": {1}},
    )
    data = sample.only()
    data["benchmarks"] = [{"extra_info": {"bench": to_json(record)}}]
    assert faults(data) == []


def test_it_speaks_of_the_same_schema_and_statuses() -> None:
    definitions = DOCUMENT["$defs"]
    assert definitions["weighbridge"]["properties"]["schema"]["const"] == SCHEMA
    assert tuple(definitions["record"]["properties"]["status"]["enum"]) == get_args(Status)


def damage(data: Any, *keys: Any, to: Any) -> Any:
    inner = data
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = to
    return data


@pytest.mark.parametrize(
    ("keys", "to"),
    [
        (("weighbridge", "schema"), 1),
        (("weighbridge", "extra"), 1),
        (("weighbridge", "absent", 0, "status"), "measured"),
        (("weighbridge", "absent", 0, "status"), "lost"),
        (("weighbridge", "records", 0, "values", "ready", "unit"), "ms"),
        (("weighbridge", "records", 0, "values", "ready", "mean"), 1),
        (("weighbridge", "variants", "int4", "simulated"), "no"),
        (("weighbridge", "machine", "gpu"), "H100"),
        (("weighbridge", "machine", "load_before"), "busy"),
        (("benchmarks", 0, "extra_info", "bench", "workload", "batch"), 0),
        (("benchmarks", 0, "extra_info"), {}),
    ],
)
def test_it_is_strict(keys: tuple[Any, ...], to: Any) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate(damage(sample.full(), *keys, to=to))


def test_everything_is_described() -> None:
    for name, definition in DOCUMENT["$defs"].items():
        if name not in ("measured", "unmeasured", "gpu"):
            assert definition["description"], name
