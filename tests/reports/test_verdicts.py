"""Verdicts: a glyph and a word each, faster for times and better for sizes, and never a guess."""

from collections import Counter

import pytest

from reports.cells import lines
from reports.verdicts import KINDS, in_short
from tests.reports import believed, sample


def said(data: sample.Json) -> dict[str, str]:
    return {line.record.cell: line.verdict.word for line in lines(sample.run(data))}


def test_times_are_faster_and_sizes_better() -> None:
    words = said(sample.full())
    assert words["decode[int4-b1-p32-n16]"] == "faster"
    assert words["load[int4]"] == "better"
    assert words["quality[pruned]"] == "worse"
    assert words["quality[teacher]"] == "teacher"


def test_a_doubt_a_simulation_and_a_missing_interval_claim_nothing() -> None:
    assert said(believed.doubted("busy", "decode[int4"))["decode[int4-b8-p32-n16]"] == "in doubt"
    assert said(sample.full())["decode[imitated-b1-p32-n16]"] == "simulated"
    data = sample.full()
    for row in data["benchmarks"]:
        for value in row["extra_info"]["bench"]["values"].values():
            value.update(low=None, high=None)
    assert said(data)["decode[int4-b1-p32-n16]"] == "no interval"


def test_bytes_that_are_equal_are_no_difference() -> None:
    cells = [
        sample.record("load", name, disk_bytes=sample.value("disk_bytes", 5.0))
        for name in ("teacher", "flash")
    ]
    assert said(sample.document(cells))["load[flash]"] == "no difference"


def test_without_a_teacher_nothing_is_said() -> None:
    assert set(said(sample.only("int8", "int4")).values()) == {""}


def test_the_counts_in_a_sentence() -> None:
    found = [line.verdict for line in lines(sample.run(believed.doubted("busy", "decode[int4")))]
    counts = Counter(one.kind for one in found)
    compared = sum(counts[kind] for kind in KINDS)
    assert in_short(found).startswith(f"{counts['doubt']} of {compared} comparisons")
    assert in_short([]) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_glyph_and_a_word(kind: str) -> None:
    glyph, _, word = KINDS[kind].partition(" ")
    assert len(glyph) == 1
    assert word
