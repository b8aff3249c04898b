"""Texts side by side: cut where the words part, and nothing in them reaches the page as markup."""

from typing import Any

import pytest

from reports.html import html
from reports.limits import limit_rows
from reports.texts import Passage, passages
from tests.reports import believed, sample
from tests.reports.test_html import foreign_script


def shown(*texts: Any) -> list[Passage]:
    cell = {**sample.record("samples", "int4"), "facts": {"texts": list(texts)}}
    return list(passages(sample.run(sample.document([cell]))))


def test_they_part_at_the_word_that_differs() -> None:
    one, other = shown(*believed.texts())
    assert (one.same, one.teacher, one.other) == (" is old ", "and\nheavy", "but\nlight")
    assert one.verdict == "parts at token 3; 75 % of the tokens equal"
    assert (other.same, other.teacher, other.other) == (" weighs", "", "")
    assert other.verdict == "the same to the end; 100 % of the tokens equal"


@pytest.mark.parametrize(
    ("teacher", "variant", "same"),
    [("heavy", "heave", ""), ("a b", "a", ""), ("a b", "a bc", "a "), ("", "x", "")],
)
def test_a_word_is_not_cut(teacher: str, variant: str, same: str) -> None:
    (found,) = shown({"prompt": "", "teacher": teacher, "variant": variant})
    assert (found.same, found.same + found.teacher, found.same + found.other) == (
        same, teacher, variant,
    )  # fmt: skip


@pytest.mark.parametrize("entry", [None, 3, {}, {"prompt": 1, "teacher": "", "variant": ""}])
def test_what_is_no_text_is_left_out(entry: Any) -> None:
    assert shown(entry) == []


def test_how_it_was_drawn_is_said() -> None:
    drawn = {"prompt": "", "teacher": "a", "variant": "a", "temperature": 0.8}
    verdicts = [shown({**drawn, "temperature": warmth})[0].verdict for warmth in (0.8, 0.0)]
    assert verdicts == [
        "sampled at temperature 0.8; the same to the end", "greedy; the same to the end",
    ]  # fmt: skip


def test_the_teacher_beside_itself_is_left_out() -> None:
    cell = {**sample.record("samples", "teacher"), "facts": {"texts": believed.texts()}}
    assert list(passages(sample.run(sample.document([cell])))) == []


def test_hostile_texts_are_inert() -> None:
    page = html.render([sample.run(believed.run_file())])
    assert not foreign_script(page)
    assert not {"\u202e", "\x1b"} & set(page)
    assert "&lt;script&gt;alert(1)" in page
    assert "{{7*7}}" in page


def test_facts_stand_on_demand_and_escaped() -> None:
    data = believed.run_file()
    data["benchmarks"][0]["extra_info"]["bench"]["facts"] = {believed.EVIL: {believed.EVIL: 1}}
    page = html.render([sample.run(data)])
    assert not foreign_script(page)
    assert "effective 21.5" in page
    assert "mhz 2600" in page


def test_the_machines_limits() -> None:
    rate = {"limit": 1.94e10, "spread": 0.031, "kernel": "mv", "samples": [1.9e10]}
    limits = {"read_bandwidth": rate, "matmul": {"float32": {**rate, "limit": 1.2e12}, "x": None}}
    assert limit_rows({"limits": limits}) == [
        ("read bandwidth", "19.40 GB/s", "3.1 %", "mv"),
        ("matmul, float32", "1.200 TFLOP/s", "3.1 %", "mv"),
    ]
    assert limit_rows({"limits": None}) == limit_rows({}) == limit_rows({"limits": [1]}) == []
    data = believed.run_file()
    data["weighbridge"]["machine"]["limits"] = limits
    assert "19.40 GB/s" in html.render([sample.run(data)])
