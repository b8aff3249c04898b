"""The page of `weighbridge compare`: what it judges, what it leaves unjudged, and in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.__main__ import main
from reports.compared import UNJUDGED, comparison_page, versus_of
from reports.sheets import UNJUDGED as WHY_UNJUDGED
from reports.units import MISSING
from reports.versus import MOST, Change, Versus
from tests.reports import sample
from tests.reports.chromium import PHONE, browser, opened
from tests.reports.test_compare import files, hostile
from tests.reports.test_comparison import (
    Json,
    beside,
    both,
    cell,
    elsewhere,
    faster_int4,
    nothing,
    scaled,
)
from tests.reports.test_html import Page, foreign_script

TIME = ("decode[int4-b1-p32-n16]", "decode_rate tok/s")


def one(found: Versus, *key: str) -> Change:
    return next(change for change in found.changes if (change.cell, change.metric) == key)


def twice_the_bytes(data: Json) -> None:
    scaled(cell(data, "load", "int4")["values"]["disk_bytes"], 2.0)


def another_text(data: Json) -> None:
    data["weighbridge"]["text"]["fingerprint"] = "another"


@pytest.mark.parametrize("factor", [0.1, 10.0])
@pytest.mark.parametrize("edit", [nothing, elsewhere])
def test_a_time_of_two_sessions_is_never_better_or_worse(factor: float, edit: Any) -> None:
    """However far it went, here and on another machine; the page says why."""
    found = beside(both(edit, faster_int4(factor)))
    times = [
        change
        for row, change in zip(_compared_rows(found), versus_of(found).changes, strict=True)
        if row.value.kind == "timing" and row.value.unit != "B" and change.verdict != "incomparable"
    ]
    assert times
    assert {change.verdict for change in times} == {UNJUDGED}
    assert "[" in one(versus_of(found), *TIME).change
    page = Page(comparison_page(found))
    assert " ".join(WHY_UNJUDGED.split()) in page.words("aside")
    badges = [attrs["class"] for tag, attrs in page.tags if tag == "span" and attrs.get("class")]
    assert not {"badge worse", "badge better"} & {*badges}


def _compared_rows(found: Any) -> list[Any]:
    states = ("compared", "incomparable")
    return [row for row in found.rows for c in row.changes if c and c.state in states]


def test_sizes_and_quality_are_judged_and_the_answer_counts_them() -> None:
    found = versus_of(beside(twice_the_bytes))
    worse = one(found, "load[int4]", "disk_bytes MB")
    assert (worse.before, worse.after, worse.change) == ("120.0", "240.0", "2.00×")
    assert worse.verdict == "worse"
    settled = [change for change in found.changes if change.verdict != UNJUDGED]
    assert found.answer.startswith(f"Of {len(settled)} figures of size and quality: 1 worse, ")
    left = len(found.changes) - len(settled)
    assert found.answer.endswith(f"{left} times side by side, unjudged: two sessions cannot tell.")
    page = Page(comparison_page(beside(twice_the_bytes)))
    assert "▼ 1 worse" in page.words("p")
    assert page.words("td").index("2.00×") < page.words("td").index(UNJUDGED)


def test_what_surely_changed_stands_before_what_may_not_have() -> None:
    found = versus_of(beside(faster_int4(1.1)))
    sure = one(found, *TIME)
    assert sure.parts
    assert not any(change.parts for change in found.changes if change.change.startswith("1.00"))


def test_what_a_variants_cells_come_to() -> None:
    found = versus_of(beside(faster_int4(1.1))).means
    assert found is not None
    assert found.heads == ("variant", "figure", "cells", "B against A")
    rows = {row[:2]: row[2:] for row in found.rows}
    cells, mean = rows["int4", "decode_rate tok/s"]
    assert cells == "2"
    assert mean.startswith("1.10× [")


def test_machine_and_variant_cross_on_several_machines_only() -> None:
    assert versus_of(beside(nothing)).matrices == ()
    found = versus_of(beside(both(elsewhere, faster_int4(0.5)), another_text, nothing))
    matrix = next(each for each in found.matrices if each.metric == "decode_rate tok/s")
    assert matrix.machines == ("A", "B", "D")
    ratio, halved = "1.94× [1.92, 1.97]", "0.97× [0.96, 0.98]"
    assert dict(matrix.rows)["int4"] == (ratio, halved, ratio)
    assert matrix.sentences == (
        "int4 decode_rate: 1.94× [1.92, 1.97] on A, 0.97× [0.96, 0.98] on B.",
    )
    assert one(found, *TIME).after == "103.00≠"


def test_what_is_not_compared_says_why() -> None:
    def gone(data: Json) -> None:
        data["weighbridge"]["records"].remove(cell(data, "load", "int8"))

    found = versus_of(beside(gone, another_text))
    why = {part.why: part for part in found.apart}
    assert why["missing: not among the cells of B"].which == "load[int8]"
    whole = next(part for text, part in why.items() if "the text differs" in text)
    assert (whole.which, whole.count > 1) == ("every cell of C", True)
    assert "C" not in {change.run for change in found.changes}
    known = one(versus_of(beside(elsewhere)), "decode[teacher-b1-p32-n16]", "decode_rate tok/s")
    assert (known.verdict, known.change) == ("incomparable", MISSING)
    assert "the processor differs" in known.why


def test_where_nothing_can_be_compared_the_answer_says_why() -> None:
    found = versus_of(beside(another_text))
    assert found.answer.startswith("Nothing can be compared with A: B: the text differs")
    assert (found.changes, found.means, found.matrices) == ((), None, ())
    Page(comparison_page(beside(another_text)))


def test_the_page_is_whole_and_runs_nothing() -> None:
    source = comparison_page(hostile())
    kinds = {tag for tag, _ in Page(source).tags}
    assert not kinds & {"img", "b", "iframe", "link", "object"}
    assert not any(name.startswith("on") for _, attrs in Page(source).tags for name in attrs)
    assert not foreign_script(source)
    assert "onerror=alert(1)&gt;" in source
    assert "\u202e" not in source


def test_a_long_comparison_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST >= 500
    monkeypatch.setattr("reports.versus.MOST", 5)
    found = beside(nothing)
    page = Page(comparison_page(found))
    left = len(versus_of(found).changes) - 5
    assert f"and {left} more figures: --json holds them all" in page.words("p")


def of_day(at: int, factor: float) -> Any:
    def edit(data: Json) -> None:
        data["weighbridge"]["date"] = f"2026-03-{at:02}T10:00:00+00:00"
        faster_int4(factor)(data)

    return edit


def test_three_runs_make_a_course_and_two_a_change() -> None:
    """By date, whatever the order of the files; a time as the ratio to its own teacher."""
    assert versus_of(beside(of_day(5, 1.2))).trails == ()
    assert versus_of(beside(of_day(5, 1.2), another_text)).trails == ()
    found = versus_of(beside(of_day(5, 1.2), both(of_day(3, 1.1), twice_the_bytes))).trails
    assert 0 < len(found) <= 12
    trail = next(one for one in found if one.name == "decode[int4-b1-p32-n16] decode_rate")
    assert [spot.label for spot in trail.spots] == ["A", "C", "B"]
    assert [spot.value for spot in trail.spots] == pytest.approx([1.83, 1.83 * 1.1, 1.83 * 1.2])
    assert trail.unit == "× of its own teacher"
    assert trail.said[0] == "A, 2026-03-02: 1.83× [1.80, 1.86]"
    size = next(one for one in found if one.name == "load[int4] disk_bytes")
    assert (size.unit, [spot.value for spot in size.spots]) == ("MB", [120.0, 240.0, 120.0])
    assert "load[int8] disk_bytes" not in {one.name for one in found}  # it never moved


def test_the_command_is_on_the_page(tmp_path: Path) -> None:
    first, *others = files(tmp_path, nothing)
    spaced = Path(first).rename(tmp_path / "a run.json")
    path = tmp_path / "c.html"
    assert main(["compare", str(spaced), *others, "--html", str(path)]) == 0
    assert f"weighbridge compare '{spaced}' {others[0]}" in Page(path.read_text()).words("pre")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as running:
        yield running


@pytest.mark.parametrize("edit", [twice_the_bytes, both(elsewhere, faster_int4(0.5))])
def test_it_keeps_still_in_a_browser(chromium: Any, tmp_path: Path, edit: Any) -> None:
    """Files as a session writes them, by the command itself."""
    axe = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")
    path = tmp_path / "compared.html"
    edits = (both(edit, faster_int4(3.0)), of_day(9, 1.1), of_day(5, 1.2))
    runs = files(tmp_path, *edits, base=sample.full())
    assert main(["compare", *runs, "--html", str(path)]) == 0
    with opened(chromium, path, PHONE) as page:
        assert page.seen.nothing, page.seen
        page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        page.locator("#verdict").select_option(UNJUDGED)
        shown = page.locator("#all tbody tr:not([hidden])")
        assert shown.count() > 0
        assert {"worse", "better"}.isdisjoint(" ".join(shown.all_inner_texts()).split())
        assert page.locator("section svg.steps").count() > 0
        assert page.locator("aside", has_text="neither better nor worse").count() == 1
    for scheme in ("light", "dark"):
        with opened(chromium, path, color_scheme=scheme, bypass_csp=True) as page:
            page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
            found = page.evaluate("axe.run().then(done => done.violations)")
            assert [it["id"] for it in found if it["impact"] in ("serious", "critical")] == []
