"""Formats of others: each against its reader's published form, and against the run's figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft7Validator

from bench.discovery import find
from bench.errors import Misuse
from bench.record import Run
from reports.report import Report
from tests.fakes import _project
from tests.reports import believed, sample

Json = Any
REPORTS = find("reports", Report)

BENCHER = {
    "type": "object",
    "patternProperties": {
        ".+": {
            "type": "object",
            "patternProperties": {
                ".+": {
                    "type": "object",
                    "properties": {
                        "value": {"type": "number"},
                        "lower_value": {"type": "number"},
                        "upper_value": {"type": "number"},
                    },
                    "required": ["value"],
                    "additionalProperties": False,
                }
            },
            "additionalProperties": False,
        }
    },
    "additionalProperties": False,
}
"""Bencher's schema as https://bencher.dev/docs/reference/bencher-metric-format publishes it, but
that nothing else may stand in it."""
CUSTOM = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "unit": {"type": "string"},
            "value": {"type": "number"},
            "range": {"type": "string"},
            "extra": {"type": "string"},
        },
        "required": ["name", "unit", "value"],
        "additionalProperties": False,
    },
}
"""github-action-benchmark's README, "Custom": a list of entries, the last two optional."""
RANGE = re.compile(r"(\+-|±)\s*(?P<value>\d.+)")
"""What that action finds in a range: the sign, then a number of two characters at least."""


def exported(name: str, data: Json = None) -> Json:
    def no_constant(found: str) -> None:
        raise AssertionError(found)

    text = REPORTS[name].render([sample.run(data or believed.run_file())])
    return json.loads(text, parse_constant=no_constant)


@pytest.mark.parametrize("data", [believed.run_file(), sample.full(), sample.only()])
def test_bencher_keeps_to_its_schema(data: Json) -> None:
    found = exported("bencher", data)
    Draft7Validator(BENCHER).validate(found)
    for cell, measures in found.items():
        assert len(cell) <= 1024
        assert all(len(measure) <= 64 for measure in measures)
        for metric in measures.values():
            if "lower_value" in metric:
                assert metric["lower_value"] <= metric["value"] <= metric["upper_value"]


@pytest.mark.parametrize("name", ["github_smaller", "github_bigger"])
@pytest.mark.parametrize("data", [believed.run_file(), sample.full(), sample.only()])
def test_github_action_benchmark_reads_it(name: str, data: Json) -> None:
    found = exported(name, data)
    Draft7Validator(CUSTOM).validate(found)
    names = [entry["name"] for entry in found]
    assert len(names) == len(set(names))  # the action knows an entry by its name
    for entry in found:
        if "range" in entry:
            match = RANGE.search(entry["range"])
            assert match and float(match["value"]) > 0


def figures(run: Run) -> dict[str, Any]:
    return {
        f"{record.cell} {metric}": value
        for record in run.records
        for metric, value in record.values.items()
        if value.value is not None and record.figured
    }


def test_every_figure_goes_to_the_tool_of_its_direction() -> None:
    wanted = figures(sample.run(believed.run_file()))
    smaller, bigger = exported("github_smaller"), exported("github_bigger")
    assert {entry["name"] for entry in (*smaller, *bigger)} == set(wanted)
    for entry, better in [*((e, "lower") for e in smaller), *((e, "higher") for e in bigger)]:
        value = wanted[entry["name"]]
        assert (entry["value"], entry["unit"], value.better) == (value.value, value.unit, better)


def test_a_range_is_the_farther_end_of_the_interval() -> None:
    entry = next(
        e for e in exported("github_bigger") if e["name"] == "decode[int4-b8-p32-n16] decode_rate"
    )
    assert entry == {
        "name": "decode[int4-b8-p32-n16] decode_rate",
        "value": 824.0,
        "unit": "tok/s",
        "extra": "Invented CPU 9000, 2 threads",
        "range": "± 8.000000e+00",
    }


def test_a_measure_says_its_unit() -> None:
    """Bencher's own `latency` is in nanoseconds."""
    found = exported("bencher")["decode[int4-b1-p32-n16]"]
    assert "latency" not in found
    assert found["latency (s)"]["value"] == pytest.approx(16 / 206)
    assert found["decode_rate (tok/s)"] == {
        "value": 206.0,
        "lower_value": 205.0,
        "upper_value": 207.0,
    }
    assert exported("bencher")["speedup[int4-b1-p32-n16]"]["decode_speedup"]["value"] == 1.83


def test_what_is_in_doubt_or_simulated_is_marked_or_left_out() -> None:
    data = believed.doubted("busy", "decode[int4")
    entry = next(e for e in exported("github_bigger", data) if "decode[int4" in e["name"])
    assert entry["extra"].startswith("in doubt: busy\n")
    assert "decode[int4-b1-p32-n16]" not in exported("bencher", data)
    imitated = exported("bencher", sample.full())
    assert "decode[imitated-b1-p32-n16]" not in imitated
    assert "load[imitated]" in imitated  # its bytes are real


def test_what_could_not_be_had_is_left_out() -> None:
    assert not any("nvml_process" in entry["name"] for entry in exported("github_smaller"))
    assert not any("nvml_process (B)" in cell for cell in exported("bencher").values())


@pytest.mark.parametrize("name", ["github_smaller", "github_bigger", "bencher"])
def test_two_runs_have_no_names_of_their_own(name: str) -> None:
    with pytest.raises(Misuse, match=f"the report {name} holds one run, not 2"):
        REPORTS[name].render([sample.run(), sample.run()])


def test_markdown_holds_variants_failures_and_warnings() -> None:
    text = REPORTS["markdown"].render([sample.run()])
    row = next(line for line in text.splitlines() if line.startswith("| int4 "))
    assert row.split(" | ")[1] == "206.0 2.06×"
    assert row.split(" | ")[4] == "**120.0** 0.24×"
    assert "| imitated (simulated) |" in text
    assert "- failed decode\\[half-b1-p32-n16\\]: RuntimeError: &#60;b&#62;no kernel" in text
    assert "- skipped trt (2 cells): needs an NVIDIA driver" in text
    assert "<img" not in text
    assert "\u202e" not in text


def test_every_row_of_a_markdown_table_has_as_many_fields() -> None:
    text = REPORTS["markdown"].render([sample.run(believed.run_file())])
    rows = [line.replace("\\|", "") for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows}) == 1
    assert len(rows) > 4


def test_junit_is_pytests_own(tmp_path: Path) -> None:
    """One case a cell, those that cannot run here with their reason."""
    project = _project.lay_out(tmp_path)
    words = ("--variant=int8,cudaonly", "-k", "load", "--junitxml=junit.xml")
    ended = _project.weigh(project, *_project.SMALL, *words)
    assert ended.code == 0, ended.said
    suite = ElementTree.parse(project / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "0", "1")
    cases = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert {name: "skipped" in tags for name, tags in cases.items() if name} == {
        "test_load[int8]": False,
        "test_load[cudaonly]": True,
    }
