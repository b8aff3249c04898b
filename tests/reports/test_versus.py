"""The page of a comparison, from invented words: its order, its holes, its harmlessness."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.figures.course import Spot
from reports.versus import (
    BADGES,
    Apart,
    Change,
    Matrix,
    Side,
    Trail,
    Versus,
    ordered,
    versus_page,
)
from tests.reports.chromium import PHONE, browser, opened
from tests.reports.test_html import Page, foreign_script

EVIL = "</table><script>alert(1)</script>\u202e<img src=x onerror=alert(1)>"
SECTIONS = {"runs", "changes", "machines", "apart", "history", "again"}


def change(cell: str, verdict: str, size: float = 0.0, **more: Any) -> Change:
    words = {"before": "10.0", "after": "11.0", "change": "1.10× [1.08, 1.12]"}
    return Change(cell=cell, metric="latency, ms", verdict=verdict, size=size, **words, **more)


def whole(name: str = "int4") -> Versus:
    sides = ("base", "head", "elsewhere")
    return Versus(
        title="base against head",
        answer=f"{name} is slower: 1.10× the time.",
        sides=tuple(Side(name=one, machine="a CPU", date="2026-03-02", said=name) for one in sides),
        changes=tuple(change(f"{name}-{at}", verdict, at, run=name, why=name)
                      for at, verdict in enumerate(reversed(BADGES))),
        apart=(Apart(why=f"the text differs: {name}", which=name, count=3),),
        notes=(f"{name} was busy",),
        matrices=(
            Matrix(metric=name, machines=("A", name), rows=((name, ("1.9×", "")),),
                   sentences=(f"{name} pays more on A",)),
        ),
        trails=(
            Trail(name=name, unit="ms", said=(name, name),
                  spots=(Spot(0, "first", 1.0, 0.9, 1.1), Spot(1, name, 1.2, 1.1, 1.3))),
        ),
        command=f"weighbridge compare {name}",
    )  # fmt: skip


def sections(source: str) -> set[str]:
    return {str(attrs.get("id")) for _, attrs in Page(source).tags} & SECTIONS


def test_changes_are_ordered_by_what_they_mean_then_by_their_size() -> None:
    found = (change("a", "same", 9.0), change("b", "worse", 0.1), change("c", "worse", -0.3),
             change("d", "improved", 5.0), change("e", "strange", 99.0))  # fmt: skip
    assert [one.cell for one in ordered(found)] == ["c", "b", "d", "a", "e"]


def test_every_part_has_its_section_and_an_empty_one_has_none() -> None:
    assert sections(versus_page(whole())) == SECTIONS
    bare = Versus(title="a", answer="Nothing could be compared.", sides=(Side(name="a"),))
    assert sections(versus_page(bare)) == {"runs"}


def test_a_verdict_is_a_glyph_and_a_word_and_is_counted() -> None:
    words = Page(versus_page(whole())).words("p")
    for verdict, (_, glyph) in BADGES.items():
        assert f"{glyph} 1 {verdict}" in words


def test_the_run_is_named_only_where_there_are_several() -> None:
    heads = [Page(versus_page(one)).words("thead")
             for one in (whole(), replace(whole(), sides=whole().sides[:2]))]  # fmt: skip
    assert ["Run" in head.partition("Figure")[2] for head in heads] == [True, False]


def test_whatever_is_in_it_is_inert() -> None:
    source = versus_page(whole(EVIL))
    Page(source)
    assert not foreign_script(source)
    assert "<img" not in source
    assert "\u202e" not in source


def test_one_figure_alone_is_no_line() -> None:
    one = replace(
        whole(), trails=(Trail(name="a", unit="", spots=(Spot(0, "x", 1.0),), said=("1",)),)
    )
    assert '<svg class="steps"' not in versus_page(one)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as running:
        yield running


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_keeps_still_fits_a_phone_and_can_be_read(
    chromium: Any, tmp_path: Path, scheme: Any
) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")
    path = tmp_path / "compare.html"
    path.write_text(versus_page(whole(EVIL)), encoding="utf-8")
    with opened(chromium, path, PHONE, color_scheme=scheme) as page:
        assert page.seen.nothing, page.seen
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        page.locator("#all th button").first.click()
        page.locator("#verdict").select_option("worse")
        assert page.locator("#all tbody tr:not([hidden])").count() == 1
    with opened(chromium, path, color_scheme=scheme, bypass_csp=True) as page:
        page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then(done => done.violations)")
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
