"""A profiled cell's times are shown and compared with nothing; -v shows its operators."""

from __future__ import annotations

from typing import Any

import pytest

from reports.board import board_of
from reports.contest import Against
from reports.gaps import refused, to_teacher
from reports.html import html
from reports.plugin import table_text
from reports.profiles import print_profiles, profiled, rows
from reports.relative import gap_of
from reports.summary import summarise
from tests.reports import believed, sample

PROFILE = {
    "profiler": "torch.profiler",
    "trace": "run.traces/decode-int4-b1-p32-n16.json",
    "cpu_seconds": 0.75,
    "device_seconds": None,
    "left_out": 0,
    "operators": [
        {"operator": "aten::addmm", "calls": 48, "cpu_seconds": 0.5, "device_seconds": None},
        {"operator": "[red]aten::add\x1b", "calls": 2, "cpu_seconds": 0.25, "device_seconds": 0.1},
    ],
}


def of(*names: str, of_all: Any = None) -> Any:
    """The sample, with the clocked cells of these variants profiled."""
    data = of_all or sample.full()
    for row in data["benchmarks"]:
        cell = row["extra_info"]["bench"]
        if cell["variant"] in names:
            cell |= {"status": "profiled", "message": "measured under --profile"}
            cell["facts"]["profile"] = PROFILE
    return data


@pytest.mark.parametrize("who", ["int4", "teacher"])
def test_no_time_of_it_is_set_against_the_teachers(who: str) -> None:
    """Whichever of the two was profiled."""
    run, plain = sample.run(of(who)), sample.run()
    for record in run.records:
        if record.variant != "int4":
            continue
        for metric, value in record.values.items():
            before = to_teacher(plain, plain.by_cell[record.cell], metric)
            if value.kind == "timing" and record.workload:
                assert isinstance(before, Against)
                assert to_teacher(run, record, metric) is None
                assert refused(run, record, metric) == "measured under --profile"
            else:
                assert to_teacher(run, record, metric) == before


def test_a_paired_speedup_of_it_is_no_comparison() -> None:
    data = believed.run_file()
    paired = [r for r in sample.run(data).records if gap_of(r, "decode_speedup")]
    assert paired
    run = sample.run(of(*{record.variant for record in paired}, of_all=data))
    assert [gap_of(run.by_cell[r.cell], "decode_speedup") for r in paired] == [None] * len(paired)
    assert all(
        to_teacher(run, record, metric) is None
        for record in run.records
        if record.status == "profiled"
        for metric, value in record.values.items()
        if value.kind == "timing"
    )


def test_nobody_wins_a_column_of_times_that_holds_one() -> None:
    def best(data: Any) -> set[tuple[str, str]]:
        found = summarise(sample.run(data))
        return {
            (row.name, column.metric)
            for row in found.rows
            for column, figure in zip(found.columns, row.figures, strict=True)
            if figure.best
        }

    names = ("teacher", "int4")
    plain = best(sample.only(*names))
    assert ("int4", "decode_rate") in plain
    for who in names:
        seen = best(of(who, of_all=sample.only(*names)))
        assert ("int4", "decode_rate") not in seen
        assert ("int4", "disk_bytes") in seen


def test_it_stands_on_no_front() -> None:
    names = ("teacher", "int8", "int4")
    plain = board_of(summarise(sample.run(sample.only(*names))))
    assert all(line.judged for line in plain.lines)
    board = board_of(summarise(sample.run(of("int4", of_all=sample.only(*names)))))
    assert {line.row.name: line.judged for line in board.lines} == {
        "teacher": True, "int8": True, "int4": False,
    }  # fmt: skip
    assert "int4" not in {line.dominated_by for line in board.lines}


def test_the_terminal_shows_the_longest_operators_under_v_only() -> None:
    run = sample.run(of("int4"))
    below = table_text(run, 80, False, (print_profiles,)).removeprefix(table_text(run, 80, False))
    lines = [line.split() for line in below.splitlines() if line.strip()]
    assert lines[:4] == [
        ["profile", "decode[int4-b1-p32-n16]"],
        ["operator", "calls", "cpu", "device"],
        ["aten::addmm", "48", "500.0", "ms", "–"],
        ["[red]aten::add\\u001b", "2", "250.0", "ms", "100.0", "ms"],
    ] or lines[0] == ["profile", "prefill[int4-b1-p32]"]
    assert ["trace:", "run.traces/decode-int4-b1-p32-n16.json"] in lines
    assert "\x1b" not in below
    assert "aten::addmm" not in table_text(run, 80, False)


def test_the_page_says_why_it_is_in_doubt() -> None:
    page = html.render([sample.run(of("int4"))])  # type: ignore[misc]
    assert "measured under --profile" in page
    assert "aten::addmm" in page


@pytest.mark.parametrize("wrong", [None, [], 3, {"operators": 4}, {"operators": [1, {}]}])
def test_another_shape_is_shown_as_far_as_it_goes(wrong: Any) -> None:
    data = of("int4")
    for row in data["benchmarks"]:
        row["extra_info"]["bench"]["facts"]["profile"] = wrong
    for _, told in profiled(sample.run(data)):
        assert all(len(row) == 4 for row in rows(told))
    assert table_text(sample.run(data), 80, False, (print_profiles,))
