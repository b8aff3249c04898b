"""The board: paired speed-ups before unpaired ones, who is judged, and what a doubt does."""

import copy

import pytest

from reports.answer import answer
from reports.board import Board, Item, Line, board_of
from reports.roster import TEACHER
from reports.summary import summarise
from reports.topics import LOSS, MEMORY, SPEED, Topic
from tests.reports import believed, sample

TIMES = "\N{MULTIPLICATION SIGN}"


def board(data: sample.Json) -> Board:
    return board_of(summarise(sample.run(data)))


def line(found: Board, name: str) -> Line:
    return next(line for line in found.lines if line.row.name == name)


def item(found: Board, name: str, topic: Topic) -> Item:
    at = found.at(topic)
    assert at is not None
    return line(found, name).items[at]


def said(data: sample.Json) -> str:
    return "".join(answer(summarise(sample.run(data))).sentence)


def test_a_paired_speed_up_replaces_the_unpaired_ratio() -> None:
    gap = item(board(believed.run_file()), "int4", SPEED).gap
    assert gap is not None  # unpaired it was 2.06
    assert (gap.value, gap.low, gap.high, gap.paired) == pytest.approx((1.83, 1.80, 1.86, True))
    assert gap.verdict == "better"


def test_without_the_suite_it_is_unpaired() -> None:
    found = board(sample.full())
    gap = item(found, "int4", SPEED).gap
    head = found.head(SPEED)
    assert gap and head
    assert (gap.value, gap.paired, head.paired) == (pytest.approx(2.06), False, False)


def test_where_both_exist_only_some_are_paired() -> None:
    cells = [c for c in believed.cells() if (c["suite"], c["variant"]) != ("speedup", "int8")]
    found = board(sample.document(cells))
    gaps = [item(found, name, SPEED).gap for name in ("int8", "int4")]
    assert [gap.paired for gap in gaps if gap] == [False, True]


def test_a_speed_up_needs_no_cell_of_the_teacher() -> None:
    cells = [c for c in believed.cells() if c["variant"] != TEACHER]
    found = board(sample.document(cells))
    gap = item(found, "int4", SPEED).gap
    assert gap and gap.value == 1.83
    assert f"int4 is the fastest at decode within +0.05 nat/tok of the teacher: 1.83{TIMES}" in (
        said(sample.document(cells))
    )


def test_a_measured_difference_is_the_loss() -> None:
    gap = item(board(believed.run_file()), "int4", LOSS).gap
    assert gap is not None  # by windows it was [0.0282, 0.0318]
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.03, 0.028, 0.032))


def test_the_front() -> None:
    found = board(believed.run_file())
    assert found.axes == ("speed-up", "loss", "memory", "size")
    judged = {line.row.name: line.dominated_by for line in found.lines if line.judged}
    # pruned is slower and worse than the teacher, and as large
    assert judged == {"teacher": None, "int8": None, "int4": None, "pruned": "teacher"}


def test_memory_on_a_device_is_weighed_there() -> None:
    cells = believed.cells()
    for cell in cells:
        if cell["suite"] == "memory":
            cell["values"]["peak_allocated"] = sample.value("peak_allocated", 5e8)
    head = board(sample.document(cells)).head(MEMORY)
    assert head and head.column.metric == "peak_allocated"


def test_imitated_and_doubtful_variants_are_not_judged() -> None:
    assert not line(board(sample.full()), "imitated").judged
    found = board(believed.doubted("busy", "speedup[int4"))
    assert not line(found, "int4").judged
    assert line(found, "int8").judged


def test_one_variant_alone_is_on_no_front() -> None:
    assert board(sample.only("teacher")).axes == ()
    assert board(sample.only("int8", "int4")).axes == ()


def test_the_answer_is_paired() -> None:
    assert said(believed.run_file()) == (
        "int4 is the fastest at decode within +0.05 nat/tok of the teacher: "
        f"1.83{TIMES} its speed (1.80 to 1.86)."
    )


@pytest.mark.parametrize("status", ["few_samples", "no_steady_state", "busy", "throttled"])
def test_a_figure_in_doubt_never_wins(status: str) -> None:
    text = said(believed.doubted(status, "speedup[int4"))
    assert "cannot be told: int8 and int4 stay in the running" in text
    assert f"in doubt ({status.replace('_', ' ')})" in text


def test_a_busy_cell_of_the_teacher_puts_unpaired_ratios_in_doubt() -> None:
    cells = [c for c in believed.cells() if c["suite"] != "speedup"]
    data = sample.document(cells)
    for row in data["benchmarks"]:
        cell = row["extra_info"]["bench"]
        if (cell["suite"], cell["variant"]) == ("decode", TEACHER):
            cell["status"] = "busy"
    gap = item(board(data), "int4", SPEED).gap
    assert gap and (gap.doubt, gap.verdict) == ("busy", "unclear")
    assert "in doubt (busy)" in said(data)
    assert item(board(believed.doubted("busy", "decode[teacher")), "int4", SPEED).gap == (
        item(board(believed.run_file()), "int4", SPEED).gap
    )


def test_bytes_are_never_in_doubt() -> None:
    summary = summarise(sample.run(believed.doubted("busy", "load[int4", "memory[int4")))
    figures = {
        column.metric: row.figures[at]
        for row in summary.rows
        if row.name == "int4"
        for at, column in enumerate(summary.columns)
    }
    assert figures["disk_bytes"].doubt is None
    assert figures["peak_host"].doubt is None
    assert figures["disk_bytes"].best
    assert (figures["ready"].doubt, figures["ready"].best) == ("busy", False)


def test_nothing_is_divided_by_a_speed_up_of_nothing() -> None:
    data = copy.deepcopy(believed.run_file())
    for row in data["benchmarks"]:
        values = row["extra_info"]["bench"]["values"]
        for name in ("decode_speedup", "first_token_speedup", "latency_speedup"):
            if name in values:
                values[name].update(value=0.0, low=0.0, high=0.0)
    assert board(data).heads
