"""The variants table before it is printed, against figures worked out by hand."""

from dataclasses import replace

import pytest

from bench.record import Value
from bench.resampling import SHAPES
from reports.answer import answer
from reports.columns import QUALITY, SPEED
from reports.contest import CURVED, against, paired_interval, why_incomparable, winner
from reports.names import visible
from reports.summary import Figure, Summary, summarise
from tests.reports import sample


def cell(summary: Summary, variant: str, key: tuple[str, str]) -> Figure:
    row = next(row for row in summary.rows if row.name == variant)
    found = summary.figure(row, key)
    assert found is not None
    return found


def said(data: sample.Json) -> str:
    return "".join(answer(summarise(sample.run(data))).sentence)


def timing(middle: float, half: float | None, better: str = "higher") -> Value:
    low, high = (None, None) if half is None else (middle - half, middle + half)
    return Value(value=middle, unit="tok/s", kind="timing", better=better, low=low, high=high)


def exact(value: float) -> Value:
    return Value(value=value, unit="B", kind="exact", better="lower")


def test_the_teacher_comes_first_and_absent_variants_keep_their_row() -> None:
    rows = {row.name: row for row in summarise(sample.run()).rows}
    assert next(iter(rows)) == "teacher"
    assert (rows["trt"].status, rows["trt"].message) == ("skipped", "needs an NVIDIA driver")
    assert rows["half"].status == "failed"
    assert rows["imitated"].simulated


def test_a_ratio_is_unpaired() -> None:
    gap = cell(summarise(sample.run()), "int4", SPEED).against
    assert gap is not None
    # 206 ± 1 over 100 ± 1: 205/101 to 207/99
    assert (gap.value, gap.low, gap.high) == pytest.approx((2.06, 2.029703, 2.090909))
    assert gap.verdict == "better"


def test_a_loss_is_a_paired_difference() -> None:
    gap = cell(summarise(sample.run()), "int4", QUALITY).against
    assert gap is not None
    # differences .031 .029 .031 .029: mean .03, s.e. .00057735, t(3) = 3.182446
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.03, 0.0281626, 0.0318374), abs=1e-6)
    assert gap.verdict == "worse"


def test_unequal_windows_are_not_paired() -> None:
    data = sample.only("teacher", "int4")
    for entry in data["weighbridge"]["records"]:
        if entry["suite"] == "quality" and entry["variant"] == "int4":
            entry["values"]["loss"]["samples"].pop()
    gap = cell(summarise(sample.run(data)), "int4", QUALITY).against
    assert gap is not None
    assert (gap.low, gap.high, gap.verdict) == (None, None, "unclear")


def test_different_recipes_are_never_compared() -> None:
    one = Value(value=1.0, unit="nat/tok", kind="paired", better="lower", recipe="a")
    other = Value(value=2.0, unit="nat/tok", kind="paired", better="lower", recipe="b")
    assert against(one, other) is None
    assert winner({"one": one, "other": other}) is None


@pytest.mark.parametrize("key", ["recipe", "fingerprint", "tokenizer"])
def test_runs_of_another_text_tokenizer_or_recipe_are_refused(key: str) -> None:
    one = sample.run()
    other = replace(one, text={**one.text, key: "another"})
    assert why_incomparable(one, one) is None
    assert "another there" in str(why_incomparable(one, other))


@pytest.mark.parametrize(
    ("mine", "theirs", "says"),
    [
        ({"teacher": "a"}, {"teacher": "b"}, "the teacher differs: a here, b there"),
        ({"teacher": "a", "teacher_content": "1"}, {"teacher": "b", "teacher_content": "1"}, None),
        ({"teacher": "a", "teacher_content": "1"}, {"teacher": "a", "teacher_content": "2"}, "1 h"),
        ({"teacher": "a", "teacher_content": "1"}, {"teacher": "a"}, None),
        ({"teacher_dtype": "float32"}, {"teacher_dtype": "float16"}, "the teacher's dtype differs"),
    ],
)
def test_figures_of_other_teachers_are_never_compared(
    mine: dict[str, str], theirs: dict[str, str], says: str | None
) -> None:
    one, other = (replace(sample.run(), settings=found) for found in (mine, theirs))
    found = why_incomparable(one, other)
    assert found is None if says is None else says in str(found)


def test_differences_of_windows_say_nothing_of_a_root_or_a_power() -> None:
    one = Value(value=1.0, unit="1", kind="paired", better="lower", samples=(1.0, 2.0, 3.0))
    other = replace(one, samples=(2.0, 2.0, 5.0))
    assert paired_interval(one, other) is not None
    for name in SHAPES.keys() - {"bootstrap_mean"}:
        assert paired_interval(replace(one, estimator=name), other) is None
        assert name in CURVED


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ({"a": timing(100, 1), "b": timing(103, 1)}, "b"),
        ({"a": timing(100, 1), "b": timing(102, 1)}, None),
        ({"a": timing(100, 1, "lower"), "b": timing(103, 1, "lower")}, "a"),
        ({"a": timing(100, 1), "b": timing(150, 1), "c": timing(140, 9.5)}, None),
        ({"a": timing(100, 1), "b": timing(150, None)}, None),
        ({"a": timing(100, 1)}, None),
        ({"a": exact(10), "b": exact(9)}, "b"),
        ({"a": exact(9), "b": exact(9)}, None),
        ({}, None),
    ],
)
def test_best_only_where_the_intervals_part(values: dict[str, Value], best: str | None) -> None:
    assert winner(values) == best


def test_a_simulated_speed_is_never_best_nor_better() -> None:
    summary = summarise(sample.run())
    imitated = cell(summary, "imitated", SPEED)
    assert imitated.value == 300
    assert not any(row.figures[summary.places[SPEED]].best for row in summary.rows)
    assert imitated.against is not None
    assert imitated.against.verdict == "unclear"


def test_the_smallest_workload_that_all_have() -> None:
    data = sample.only("teacher", "int4")
    data["benchmarks"] = [
        row
        for row in data["benchmarks"]
        if (row["extra_info"]["bench"]["variant"], row["extra_info"]["bench"]["workload"]["batch"])
        != ("int4", 1)
    ]
    summary = summarise(sample.run(data))
    assert str(summary.columns[summary.places[SPEED]].workload) == "b8-p32-n16"


def test_a_new_metric_of_a_suite_without_workload_is_a_column() -> None:
    data = sample.only("teacher")
    new = {**sample.value("ready", 3.0), "unit": "J"}
    data["weighbridge"]["records"].append(sample.record("power", "teacher", energy=new))
    assert ("power", "energy") in summarise(sample.run(data)).places


def test_no_column_without_a_value_and_no_relation_without_teacher() -> None:
    summary = summarise(sample.run(sample.only("int8", "int4")))
    assert ("memory", "peak_allocated") not in summary.places
    assert {column.relation for column in summary.columns} == {None}


def test_the_answer() -> None:
    assert said(sample.full()) == (
        "int4 is the fastest at decode within +0.05 nat/tok of the teacher: "
        "2.06\N{MULTIPLICATION SIGN} its speed (2.03 to 2.09, unpaired)."
    )


def test_the_answer_over_budget() -> None:
    assert said(sample.only("teacher", "pruned")).startswith("No variant is faster")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("int8", "int4"), "no teacher was measured"),
        (("teacher",), "only the teacher"),
        (("half", "trt"), "no decode speed"),
    ],
)
def test_no_answer(names: tuple[str, ...], reason: str) -> None:
    text = said(sample.only(*names))
    assert "cannot be told" in text
    assert reason in text


def test_a_tie_has_no_winner() -> None:
    teacher = sample.variant_cells("teacher", 100.0, 0.0, 5e8)
    twins = sample.variant_cells("a", 206.0, 0.01, 1e8) + sample.variant_cells(
        "b", 207.0, 0.01, 1e8
    )
    text = said(sample.document(teacher + twins))
    assert "cannot be told: b and a stay in the running" in text


def test_hidden_characters_are_written_out() -> None:
    assert visible("a\u202eb\x1b\ud800") == "a\\u202eb\\u001b\\ud800"
    assert visible("x" * 81) == "x" * 80 + "\N{HORIZONTAL ELLIPSIS}"
