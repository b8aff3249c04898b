"""Warnings without a flood: equal reasons once, and every doubt with its mark, count and reason."""

import json

import pytest

from reports.cautions import MOST_REASONS, cautions, nowhere
from reports.html import html
from reports.json_rows import json_rows
from reports.table import table
from tests.reports import believed, sample

STATUSES = ("few_samples", "no_steady_state", "busy", "throttled")


def notes(data: sample.Json) -> list[str]:
    return ["".join(note) for note in cautions(sample.run(data))]


def test_reasons_that_differ_in_numbers_only_are_one() -> None:
    data = believed.doubted("busy", *(f"decode[{name}" for name in ("teacher", "int8", "int4")))
    rows = [row["extra_info"]["bench"] for row in data["benchmarks"]]
    busy = [row for row in rows if row["status"] == "busy"]
    for at, row in enumerate(busy):
        row["message"] = f"load {at}.5 on 2 cores"
    (note,) = notes(data)
    assert len(busy) == 6
    assert note.startswith("? 6 cells busy: load 0.5 on 2 cores (the first of them) (decode[")
    assert note.endswith(" and 3 more)")


@pytest.mark.parametrize("status", STATUSES)
def test_a_doubt_is_marked_and_explained_everywhere(status: str) -> None:
    run = sample.run(believed.doubted(status, "speedup[int4"))
    word = status.replace("_", " ")
    text, page = " ".join(table.render([run]).split()), html.render([run])
    assert "1.83\N{MULTIPLICATION SIGN}?" in text
    assert "? in doubt" in text
    assert f"? 1 cell {word}: load 2.31 on 2 cores (speedup[int4-b1-p32-n16])" in text
    assert f"in doubt: {word}" in page
    assert f"? {word}" in page
    rows = json.loads(json_rows.render([run]))
    assert {r["metric"] for r in rows if r.get("in_doubt")} == {
        "decode_speedup", "first_token_speedup", "latency_speedup",
    }  # fmt: skip


def test_what_is_sound_has_no_mark() -> None:
    run = sample.run(believed.run_file())
    assert "?" not in table.render([run])
    assert "in doubt:" not in html.render([run])


def many(count: int) -> sample.Json:
    cells = believed.cells()
    for at, cell in enumerate(cells):
        cell["warnings"] = [f"{'abcdefghijklmnopqrstuvwxyz'[at % count]} is odd, {at} times"]
    return sample.document(cells)


def test_many_warnings_stay_readable() -> None:
    assert len(notes(many(2))) == 2
    found = notes(many(20))
    assert len(found) == MOST_REASONS + 1
    assert found[-1] == "And 8 more warnings, in the run file."
    plain = table.render([sample.run(sample.document(believed.cells()))]).splitlines()
    assert len(table.render([sample.run(many(20))]).splitlines()) < len(plain) + 40


def test_a_refusal_is_explained() -> None:
    data = sample.only("teacher", "int4")
    for entry in data["weighbridge"]["records"]:
        if entry["suite"] == "quality" and entry["variant"] == "int4":
            entry["values"]["loss"]["recipe"] = "disjoint"
    assert notes(data) == [
        "loss of int4: not compared, its recipe is disjoint, the teacher's not named"
    ]
    run = sample.run(data)
    assert "3.33 \N{EN DASH}" in table.render([run])
    assert "not compared: its recipe is disjoint" in html.render([run])


def test_what_cannot_be_had_is_said_to_be_unavailable() -> None:
    run = sample.run(believed.run_file())
    assert list(nowhere(run)) == [("memory", ["peak_allocated", "nvml_process"])]
    assert "unavailable: memory peak_allocated, nvml_process" in table.render([run])
    data = believed.run_file()
    for entry in data["weighbridge"]["records"]:
        if (entry["suite"], entry["variant"]) == ("memory", "int4"):
            entry["values"]["peak_host"] = sample.value("peak_host", None)
    rows = table.render([sample.run(data)]).splitlines()
    int4 = [row for row in rows if row.startswith("int4")]
    assert all("unavailable" in row for row in int4[:2])  # the board, and the figures


def test_rows_carry_warnings_and_estimators() -> None:
    data = many(2)
    data["benchmarks"][0]["extra_info"]["bench"]["values"]["first_token"]["estimator"] = "median"
    rows = json.loads(json_rows.render([sample.run(data)]))
    assert rows[0]["estimator"] == "median"
    assert rows[0]["warnings"] == ["b is odd, 1 times"]
