"""What trackers are told: every figure with its interval, nothing that the run does not hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import outbox
from tests.reports import sample


def rows(data: Any, variant: str) -> list[dict[str, Any]]:
    table = outbox.table(sample.run(data), variant)
    return [dict(zip(outbox.COLUMNS, row, strict=True)) for row in table]


def test_every_figure_of_the_run_is_sent_once() -> None:
    run = sample.run()
    sent = list(outbox.figures(run))
    known = [
        value.value
        for record in run.records
        for value in record.values.values()
        if value.value is not None
    ]
    assert sorted(one.value for one in sent) == sorted(known)
    assert len({(one.variant, one.path) for one in sent}) == len(sent)


def test_a_figure_has_its_interval() -> None:
    found = {(one.variant, one.path): one for one in outbox.figures(sample.run())}
    rate = found["int4", "decode/b1-p32-n16/decode_rate"]
    assert (rate.value, rate.low, rate.high) == (206.0, 205.0, 207.0)
    size = found["int4", "load/disk_bytes"]
    assert (size.value, size.low, size.high) == (120e6, None, None)


def test_a_table_holds_what_stands_beside_a_figure() -> None:
    (row,) = (
        row
        for row in rows(sample.full(), "int4")
        if (row["workload"], row["metric"]) == ("b1-p32-n16", "decode_rate")
    )
    assert (row["value"], row["low"], row["high"], row["unit"]) == (206.0, 205.0, 207.0, "tok/s")
    assert row["against_teacher"] == pytest.approx(2.06)
    assert (row["paired"], row["status"], row["in_doubt"]) == (False, "measured", False)


def test_a_cell_without_figures_has_a_row_with_its_reason() -> None:
    assert [
        (row["suite"], row["status"], row["message"]) for row in rows(sample.full(), "trt")
    ] == [
        ("load", "skipped", "needs an NVIDIA driver"),
        ("quality", "skipped", "needs an NVIDIA driver"),
    ]
    assert all(row["value"] is None for row in rows(sample.full(), "trt"))
    assert "decode[half-b1-p32-n16]: failed" in outbox.in_doubt(sample.run())


def test_a_figure_in_doubt_says_so() -> None:
    data = sample.only("teacher", "int8")
    for row in data["benchmarks"]:
        row["extra_info"]["bench"]["status"] = "busy"
    found = {row["metric"]: row["in_doubt"] for row in rows(data, "int8")}
    assert found["decode_rate"] is True
    assert found["disk_bytes"] is False


def test_settings_and_origin_are_words() -> None:
    data = sample.full()
    data["weighbridge"]["machine"]["commit"] = "abc123"
    data["weighbridge"]["machine"]["gpu"] = {"name": "Invented GPU"}
    run = sample.run(data)
    said, origin = outbox.settings(run), outbox.origin(run)
    assert said["teacher"] == "gpt2"
    assert said["seed"] == "0"
    assert said["command"] == '["pytest", "suites", "-k", "int8"]'
    assert said["text_fingerprint"] == "89abcdef01234567"
    assert (origin["cpu"], origin["gpu"]) == ("Invented CPU 9000", "Invented GPU")
    assert (origin["commit"], origin["dirty"], origin["version_torch"]) == (
        "abc123", "false", "2.13.0",
    )  # fmt: skip
    assert "driver" not in origin


def test_the_date_is_the_runs_own_or_now() -> None:
    assert outbox.began(sample.run()) == datetime(2026, 3, 2, 10, tzinfo=UTC)
    data = sample.full()
    data["weighbridge"]["date"] = "yesterday"
    assert abs((outbox.began(sample.run(data)) - datetime.now(UTC)).total_seconds()) < 600


@given(st.lists(st.text(max_size=200), max_size=8, unique=True))
def test_names_become_plain_and_stay_apart(names: list[str]) -> None:
    found = outbox.apart(names)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    for short in found.values():
        assert short.strip(".")
        assert (
            not set(short)
            - set("_+.-")
            - set(map(chr, range(48, 58)))
            - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        )
