"""Runs side by side: by hand where the figures are known, and nothing compared that must not be."""

from __future__ import annotations

import copy
from collections.abc import Callable
from math import exp, hypot, log
from typing import Any

import pytest

from bench.errors import BadRun
from bench.reading import run_of
from bench.record import Value
from reports import changes
from reports.changes import Change
from reports.comparison import Comparison, Row, compare, named
from reports.ratios import Estimate
from tests.reports import believed, sample

Json = Any
Edit = Callable[[Json], None]


def cells(data: Json) -> list[Json]:
    rows = [row["extra_info"]["bench"] for row in data["benchmarks"]]
    return [*rows, *data["weighbridge"]["records"]]


def cell(data: Json, suite: str, variant: str, batch: int | None = None) -> Json:
    return next(
        c
        for c in cells(data)
        if (c["suite"], c["variant"]) == (suite, variant)
        and (batch is None or c["workload"]["batch"] == batch)
    )


def scaled(value: Json, factor: float) -> None:
    for key in ("value", "low", "high"):
        value[key] = None if value[key] is None else value[key] * factor


def beside(*edits: Edit, base: Json = None) -> Comparison:
    """The sample, and copies of it that were each edited."""
    first = base or believed.run_file()
    documents = [first, *(copy.deepcopy(first) for _ in edits)]
    for document, edit in zip(documents[1:], edits, strict=True):
        edit(document)
    names = ["A", "B", "C", "D"]
    return compare(named([(n, run_of(d)) for n, d in zip(names, documents, strict=False)]))


def row(found: Comparison, cell_: str, metric: str) -> Row:
    return next(row for row in found.rows if (row.cell, row.metric) == (cell_, metric))


def change(found: Comparison, cell_: str, metric: str, at: int = 0) -> Change:
    known = row(found, cell_, metric).changes[at]
    assert known is not None
    return known


def nothing(_: Json) -> None:
    pass


def elsewhere(data: Json) -> None:
    data["weighbridge"]["machine"]["cpu"] = "Another CPU"


def faster_int4(factor: float) -> Edit:
    """int4 alone decodes so many times as fast as it did, by itself and beside the teacher."""

    def edit(data: Json) -> None:
        for one in cells(data):
            if one["variant"] == "int4":
                for name, value in one["values"].items():
                    if name in ("decode_rate", "decode_speedup"):
                        scaled(value, factor)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(data: Json) -> None:
        for one in edits:
            one(data)

    return edit


def test_a_run_beside_itself_is_the_same_throughout() -> None:
    found = beside(nothing)
    changes = [change for row in found.rows for change in row.changes if change]
    assert {c.state for c in changes} == {"compared"}
    for row_ in found.rows:
        known = row_.changes[0]
        assert known and known.estimate
        assert known.estimate.value == (0.0 if row_.relation == "difference" else 1.0)
        assert known.verdict in ("same", "unclear")
    assert found.one_machine
    assert all(row.own == () for row in found.rows)


def test_times_of_one_machine_are_a_ratio_with_both_errors() -> None:
    found = change(beside(faster_int4(1.1)), "decode[int4-b1-p32-n16]", "decode_rate")
    # 206 ± 1 and 226.6 ± 1.1: the same relative error, on logarithms
    up, down = log(207 / 206), log(206 / 205)
    assert found.estimate is not None
    ends = (found.estimate.low, found.estimate.value, found.estimate.high)
    assert ends == pytest.approx((1.1 * exp(-hypot(down, up)), 1.1, 1.1 * exp(hypot(up, down))))
    assert (found.paired, found.through_teacher) == (False, False)
    assert found.verdict == "unclear"  # two sessions cannot say


def test_bytes_are_told_apart_by_any_byte() -> None:
    def edit(data: Json) -> None:
        cell(data, "load", "int4")["values"]["disk_bytes"]["value"] += 1

    found = change(beside(edit), "load[int4]", "disk_bytes")
    assert found.estimate is not None
    assert found.estimate.value == pytest.approx(1 + 1 / 120e6, rel=1e-15)
    assert (found.verdict, found.estimate.low) == ("worse", found.estimate.value)


def test_a_loss_is_paired_by_window_on_whatever_machine() -> None:
    def edit(data: Json) -> None:
        elsewhere(data)
        loss = cell(data, "quality", "int4")["values"]["loss"]
        loss["samples"] = [
            sample_ + step
            for sample_, step in zip(loss["samples"], (0.01, 0.012, 0.011, 0.011), strict=True)
        ]
        loss["value"] += 0.011

    found = change(beside(edit), "quality[int4]", "loss")
    assert (found.paired, found.through_teacher, found.verdict) == (True, False, "worse")
    # Student's t of four differences: sd 0.000816, t(0.975, 3) = 3.18245
    assert found.estimate is not None
    assert found.estimate.value == pytest.approx(0.011)
    half = 3.182446 * 0.000816497 / 2
    assert found.estimate.low == pytest.approx(0.011 - half, abs=1e-8)


def test_across_machines_a_time_goes_through_the_teachers() -> None:
    """int4 pays 1.83 on A by its paired speed-up, and 1.2 times that on B."""
    found = beside(both(elsewhere, faster_int4(1.2)))
    known = change(found, "decode[int4-b1-p32-n16]", "decode_rate")
    assert (known.state, known.through_teacher, known.paired) == ("compared", True, True)
    assert known.estimate is not None
    assert known.estimate.value == pytest.approx(1.2)
    up, down = log(1.86 / 1.83), log(1.83 / 1.80)
    assert known.estimate.low == pytest.approx(1.2 * exp(-hypot(down, up)))
    own = row(found, "decode[int4-b1-p32-n16]", "decode_rate").own
    assert [round(one.estimate.value, 3) for one in own if one] == [1.83, 2.196]


def test_without_turns_the_ratio_is_unpaired() -> None:
    found = beside(both(elsewhere, faster_int4(1.2)))
    known = change(found, "decode[int4-b8-p32-n16]", "decode_rate")
    assert (known.paired, known.through_teacher) == (False, True)
    assert known.estimate is not None
    # 824 ± 8 over 400 ± 8, and 988.8 ± 9.6 over 400 ± 8
    one = hypot(log(824 / 816), log(408 / 400))
    other = hypot(log(832 / 824), log(400 / 392))
    assert known.estimate.low == pytest.approx(1.2 * exp(-hypot(one, other)))


def test_the_teachers_own_times_are_not_compared_across_machines() -> None:
    known = change(beside(elsewhere), "decode[teacher-b1-p32-n16]", "decode_rate")
    assert (known.state, known.estimate) == ("incomparable", None)
    assert "the processor differs" in str(known.why)


def test_bytes_compare_directly_across_machines() -> None:
    known = change(beside(elsewhere), "load[teacher]", "disk_bytes")
    assert (known.state, known.verdict) == ("compared", "same")


def test_a_machine_without_a_teacher_has_no_ratio() -> None:
    def edit(data: Json) -> None:
        elsewhere(data)
        data["benchmarks"] = [
            row
            for row in data["benchmarks"]
            if row["extra_info"]["bench"]["variant"] != "teacher"
            and row["extra_info"]["bench"]["suite"] != "speedup"
        ]

    known = change(beside(edit), "decode[int4-b1-p32-n16]", "decode_rate")
    assert known.state == "incomparable"
    assert known.why == "another machine, and no teacher's figure to divide by in B"


@pytest.mark.parametrize(
    ("part", "key", "new", "says"),
    [
        ("text", "fingerprint", "another", "the text differs"),
        ("text", "tokenizer", "another", "the tokenizer differs"),
        ("text", "recipe", "another", "the recipe differs"),
        ("settings", "teacher", "another", "the teacher differs: gpt2 here, another there"),
        ("settings", "teacher_dtype", "float16", "the teacher's dtype differs"),
    ],
)
def test_a_run_of_something_else_gives_no_number(part: str, key: str, new: str, says: str) -> None:
    def edit(data: Json) -> None:
        data["weighbridge"][part][key] = new

    found = beside(nothing, edit)
    assert says in str(found.pairs[1].why)
    assert all(row.changes[1] is None and row.values[2] is None for row in found.rows)
    assert all(tally.changes[1] is None for tally in found.tallies)
    assert found.compared  # with B
    assert not beside(edit).compared


@pytest.mark.parametrize(
    ("key", "new", "says"),
    [
        ("recipe", "another", "its recipe is another, that in A not named"),
        ("unit", "tok/s", "its unit is tok/s, that in A B"),
        ("kind", "tail", "its kind is tail, that in A exact"),
        ("better", "higher", "its better is higher, that in A lower"),
        ("value", 0, "no ratio can be taken"),
    ],
)
def test_a_figure_of_another_kind_gives_no_number(key: str, new: Any, says: str) -> None:
    def edit(data: Json) -> None:
        cell(data, "load", "int4")["values"]["disk_bytes"][key] = new

    known = change(beside(edit), "load[int4]", "disk_bytes")
    assert (known.state, known.estimate) == ("incomparable", None)
    assert says in str(known.why)


def test_a_cell_without_counterpart_is_said() -> None:
    def edit(data: Json) -> None:
        records = data["weighbridge"]["records"]
        gone = cell(data, "load", "int4")
        records.remove(gone)
        gone = {**gone, "status": "failed", "message": "no kernel", "values": {}}
        data["weighbridge"]["absent"].append(gone)
        records.remove(cell(data, "load", "int8"))
        records.append({**cell(data, "load", "teacher"), "variant": "fresh"})
        cell(data, "load", "pruned")["values"]["disk_bytes"]["value"] = None
        del cell(data, "load", "pruned")["values"]["parameters"]

    found = beside(edit)
    said = {
        (r.cell, r.metric): (r.changes[0].state, r.changes[0].why)
        for r in found.rows
        if r.changes[0] and r.changes[0].state != "compared"
    }
    assert said["load[int4]", "disk_bytes"] == ("missing", "failed in B: no kernel")
    assert said["load[int8]", "disk_bytes"] == ("missing", "not among the cells of B")
    assert said["load[fresh]", "disk_bytes"] == ("new", "not among the cells of A")
    assert said["load[pruned]", "disk_bytes"] == ("missing", "unavailable in B")
    assert said["load[pruned]", "parameters"] == ("missing", "not measured in B")


def test_what_is_in_doubt_is_neither_better_nor_worse() -> None:
    def edit(data: Json) -> None:
        found = cell(data, "memory", "int4")
        found["status"] = "few_samples"
        scaled(found["values"]["peak_host"], 2.0)

    known = change(beside(edit), "memory[int4]", "peak_host")
    assert (known.verdict, known.doubt) == ("unclear", "few_samples")

    def sure(data: Json) -> None:
        scaled(cell(data, "memory", "int4")["values"]["peak_host"], 2.0)

    assert change(beside(sure), "memory[int4]", "peak_host").verdict == "worse"


def profiled(*names: str, status: str = "profiled") -> Edit:
    """The clocked cells of these variants were measured under a profiler."""

    def edit(data: Json) -> None:
        for row_ in data["benchmarks"]:
            one = row_["extra_info"]["bench"]
            if one["variant"] in names:
                one["status"] = status

    return edit


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("away", [nothing, elsewhere])
def test_a_profiled_cells_times_are_compared_with_nothing(first: bool, away: Edit) -> None:
    """Whichever run was profiled, on one machine or two; sizes and losses are as ever."""
    base = believed.run_file()
    edits = (profiled("int4"), profiled("int4", status="measured"))
    edits[not first](base)
    found = beside(both(away, edits[first]), base=base)
    whys = [
        (row_.changes[0].why, row_.changes[0].estimate)
        for row_ in found.rows
        if row_.record.variant == "int4" and row_.metric in ("decode_rate", "latency")
        if row_.changes[0]
    ]
    assert len(whys) > 2
    assert {*whys} == {(f"measured under --profile in {'A' if first else 'B'}", None)}
    assert not any(t.variant == "int4" and t.value.unit == "tok/s" for t in found.tallies)
    assert change(found, "load[int4]", "disk_bytes").verdict == "same"
    assert change(found, "quality[int4]", "loss").state == "compared"


def test_a_profiled_teachers_time_is_divided_by_nowhere() -> None:
    found = change(
        beside(both(elsewhere, profiled("teacher"))), "decode[int4-b8-p32-n16]", "decode_rate"
    )
    assert (found.state, found.estimate) == ("incomparable", None)
    assert found.why == (
        "another machine, and its teacher's figure was measured under --profile in B"
    )
    own = row(beside(both(elsewhere, profiled("teacher"))), "decode[int4-b8-p32-n16]", "latency")
    assert own.own[1] is None


def test_what_a_variants_cells_come_to() -> None:
    """The geometric mean over the workloads: 1.1 at one batch, 1.21 at the other."""

    def edit(data: Json) -> None:
        scaled(cell(data, "decode", "int4", 1)["values"]["decode_rate"], 1.1)
        scaled(cell(data, "decode", "int4", 8)["values"]["decode_rate"], 1.21)

    found = next(
        t for t in beside(edit).tallies if (t.variant, t.metric) == ("int4", "decode_rate")
    )
    mean = found.changes[0]
    assert mean is not None
    assert (mean.cells, mean.paired) == (2, False)
    assert mean.estimate.value == pytest.approx((1.1 * 1.21) ** 0.5)
    one, eight = hypot(log(206 / 205), log(207 / 206)), hypot(log(824 / 816), log(832 / 824))
    assert mean.estimate.low == pytest.approx(
        mean.estimate.value * exp(-hypot(one, eight) / 2), rel=1e-6
    )


def test_a_tally_says_what_a_variant_pays_on_each_machine() -> None:
    found = beside(both(elsewhere, faster_int4(0.5)), nothing)
    tally = next(t for t in found.tallies if (t.variant, t.metric) == ("int4", "decode_rate"))
    pays = [one.estimate.value for one in tally.own if one]
    assert pays == pytest.approx([(1.83 * 2.06) ** 0.5, (1.83 * 2.06) ** 0.5 / 2, pays[0]])
    assert [one.estimate.value for one in tally.changes if one] == pytest.approx([0.5, 1.0])


def test_differences_of_software_are_noted() -> None:
    def edit(data: Json) -> None:
        ours = data["weighbridge"]
        ours["machine"]["versions"]["torch"] = "2.14.0"
        ours["settings"]["isolate"] = True
        ours["variants"]["int4"]["fingerprint"] = "f" * 16

    assert beside(edit).pairs[0].notes == (
        "torch: 2.13.0 and 2.14.0",
        "isolate: none and True",
        "made otherwise: int4",
    )


def test_a_cell_twice_in_one_run_is_refused() -> None:
    def edit(data: Json) -> None:
        data["weighbridge"]["records"].append(cell(data, "load", "int4"))

    with pytest.raises(BadRun, match=r"B holds 'load\[int4\]' twice"):
        beside(edit)


def test_names_are_made_distinct() -> None:
    run = sample.run()
    found = named([("run", run), ("run", run), ("run-2", run), ("run", run)])
    assert [one.name for one in found] == ["run", "run-2", "run-2-2", "run-3"]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (Estimate(0.0), "same"),
        (Estimate(0.0, 0.0, 0.0), "same"),
        (Estimate(0.0, -1.0, 1.0), "unclear"),
    ],
)
def test_what_is_equal_to_the_last_bit_is_the_same(change: Estimate, verdict: str) -> None:
    loss = Value(value=3.0, unit="nat/tok", kind="paired", better="less")
    assert changes._verdict(change, "loss", loss) == verdict
