"""The page in a real Chromium: nothing is fetched, everything can be reached, read and printed."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.reading import read, run_of
from reports.html import html
from tests.reports import believed, large, sample
from tests.reports.chromium import PHONE, WIDE, browser, opened

EVIL = '<img src=x onerror="alert(1)"></script><script>alert(2)</script>\u202e../{{7*7}}'
LANDSCAPE = 1031
"""Pixels between the margins of a sheet of A4."""
SEVERE = ("serious", "critical")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as running:
        yield running


def rich() -> sample.Json:
    """Everything that a page can show: a grid, texts, a chain, checkpoints, a hostile name."""
    data = large.run_file(48, hostile=EVIL)
    ours = data["weighbridge"]
    for name, base in (("thin", "teacher"), ("thin+int8", "thin")):
        size = sample.value("disk_bytes", large.BYTES * (0.6 if name == "thin" else 0.2))
        ours["records"].append(sample.record("load", name, disk_bytes=size))
        ours["variants"][name] = {"summary": "", "base": base, "simulated": False}
    for at in range(1, 6):
        gap = believed.value("loss_difference", 1 / at, 0.05)
        ours["records"].append(sample.record("quality", f"thin.{at * 100}", loss_difference=gap))
    ours["records"].append(
        {**sample.record("samples", "half"), "facts": {"texts": believed.texts(EVIL)}}
    )
    return data


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("page"), rich())


def written(folder: Path, data: sample.Json) -> Path:
    path = folder / "report.html"
    path.write_text(html.render([sample.run(data)]), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_keeps_still_and_anybody_can_read_it(
    chromium: Any, page_file: Path, scheme: Any
) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")
    checker = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    with opened(chromium, page_file, color_scheme=scheme, bypass_csp=True) as page:
        for closed in page.query_selector_all("main > section > details:not([open]) > summary"):
            closed.click()
        page.evaluate(checker)
        found = page.evaluate("axe.run().then(done => done.violations)")
        severe = {
            one["id"]: [node["html"][:160] for node in one["nodes"][:3]]
            for one in found
            if one["impact"] in SEVERE
        }
        assert severe == {}


def test_nothing_is_said_fetched_or_popped_up(chromium: Any, page_file: Path) -> None:
    with opened(chromium, page_file) as page:
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        page.locator("#budget").press("ArrowRight")
        page.locator("#find").fill(EVIL[:12])
        assert page.seen.nothing, page.seen
        assert page.locator("script").count() == 2
        assert page.locator("img").count() == 0


def test_the_policy_refuses_what_is_not_the_pages_own(chromium: Any, page_file: Path) -> None:
    with opened(chromium, page_file) as page:
        tried = page.evaluate(
            """() => {
                try { document.body.innerHTML = '<b>x</b>'; return 'written'; }
                catch (error) { return error.name; }
            }"""
        )
        assert tried == "TypeError"  # Trusted Types: text only
        page.evaluate(
            """() => {
                const own = document.createElement('style');
                own.textContent = 'body { display: none }';
                document.head.append(own);
            }"""
        )
        assert page.locator("main").is_visible()


def test_the_keyboard_reaches_a_point_and_escape_closes_its_tooltip(
    chromium: Any, page_file: Path
) -> None:
    with opened(chromium, page_file) as page:
        tip = page.locator("#tip")
        assert tip.is_hidden()
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('a.stop')"):
                break
        assert tip.is_visible()
        name = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert name.split(",")[0] in tip.inner_text()
        page.keyboard.press("Escape")
        assert tip.is_hidden()
        page.keyboard.press("Enter")
        assert page.evaluate("document.querySelector('tbody:target') !== null")


def test_the_slider_rewrites_the_answer_and_moves_the_line(chromium: Any, page_file: Path) -> None:
    with opened(chromium, page_file) as page:
        slider, answer = page.locator("#budget"), page.locator("#answer")
        before = answer.inner_text()
        line = page.locator(".wide.by-speed .level")
        at = line.get_attribute("transform")
        slider.focus()
        page.keyboard.press("End")
        assert answer.inner_text() != before
        assert "student-0.5B" in answer.inner_text()
        assert line.get_attribute("transform") != at
        assert page.locator(".wide.by-speed .won .label").text_content() == "student-0.5B"
        assert slider.get_attribute("aria-valuetext").endswith("nats per token")
        page.keyboard.press("Home")
        assert "No variant is faster" in answer.inner_text() or "cannot be told" in (
            answer.inner_text()
        )


def test_one_chart_is_shown_at_a_time(chromium: Any, page_file: Path) -> None:
    with opened(chromium, page_file, java_script_enabled=False) as page:
        for key in ("size", "memory", "energy", "speed"):
            page.locator(f"#by-{key}").check()
            shown = [chart for chart in page.locator(".pareto").all() if chart.is_visible()]
            (one,) = shown
            assert f"by-{key}" in one.get_attribute("class")


def test_sorting_by_number_keeps_what_is_missing_last(chromium: Any, page_file: Path) -> None:
    with opened(chromium, page_file) as page:
        head = page.locator("#all th", has_text="To the teacher")
        values = "[...document.querySelectorAll('#all tbody tr')].map(r => r.cells[6].dataset.v)"
        for direction in ("ascending", "descending"):
            head.locator("button").click()
            assert head.get_attribute("aria-sort") == direction
            found = page.evaluate(values)
            known = [float(value) for value in found if value]
            assert known == sorted(known, reverse=direction == "descending")
            assert set(found[len(known) :]) == {""}
        assert "descending" in page.locator("#live").inner_text()


def test_cells_are_filtered_by_name_and_verdict(chromium: Any, page_file: Path) -> None:
    with opened(chromium, page_file) as page:
        page.locator("#find").fill("student")
        rows = page.locator("#all tbody tr:not([hidden])")
        assert 0 < rows.count() < page.locator("#all tbody tr").count()
        assert f"{rows.count()} of " in page.locator("#count").inner_text()
        page.locator("#verdict").select_option("worse")
        assert {row.get_attribute("data-kind") for row in rows.all()} <= {"worse"}


def test_a_phone_needs_no_sideways_scrolling(chromium: Any, page_file: Path) -> None:
    with opened(chromium, page_file, PHONE) as page:
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE[0]


def test_it_prints(chromium: Any, page_file: Path) -> None:
    with opened(chromium, page_file, color_scheme="dark") as page:
        assert page.pdf().startswith(b"%PDF")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": LANDSCAPE, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= LANDSCAPE
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        )
        assert page.locator(".top").is_hidden()
        assert "+0.05 nat/tok" in page.locator("#answer").inner_text()


def test_without_script_only_the_controls_are_gone(chromium: Any, page_file: Path) -> None:
    from playwright.sync_api import expect

    with opened(chromium, page_file, java_script_enabled=False) as page:
        assert page.locator("#budget").is_hidden()
        assert page.locator("#find").is_hidden()
        assert page.locator(".wide.by-speed").is_visible()
        assert page.locator("#all tbody tr").count() > 48
        head = page.locator("#all thead")
        head.scroll_into_view_if_needed()  # what lies far below is laid out when one comes near
        expect(head).to_contain_text(re.compile(r"^\s*Variant\s+Suite\s"), use_inner_text=True)
        assert page.locator(".save").is_visible()


@pytest.mark.parametrize(("kind", "size"), [("wide", WIDE), ("narrow", PHONE)])
@pytest.mark.parametrize("cells", [48, 500])
def test_no_two_labels_overlap_and_none_leaves_the_chart(
    chromium: Any, tmp_path: Path, cells: int, kind: str, size: tuple[int, int]
) -> None:
    with opened(chromium, written(tmp_path, large.run_file(cells)), size) as page:
        for key in ("speed", "size", "memory", "energy"):
            page.locator(f"#by-{key}").check()
            boxes = page.evaluate(
                f"""() => [...document.querySelectorAll('.{kind}.by-{key} .label')].map(one => {{
                    const box = one.getBoundingClientRect();
                    return [box.left, box.top, box.right, box.bottom, one.textContent];
                }})"""
            )
            chart = page.locator(f".{kind}.by-{key}").bounding_box()
            assert len(boxes) >= (12 if kind == "wide" else 6)
            assert all(box[0] >= chart["x"] for box in boxes)
            assert all(box[2] <= chart["x"] + chart["width"] for box in boxes)
            assert [
                (a[4], b[4])
                for at, a in enumerate(boxes)
                for b in boxes[at + 1 :]
                # two pixels of a line's height are leading, where no letter stands
                if a[0] < b[2] and b[0] < a[2] and a[1] + 1 < b[3] - 1 and b[1] + 1 < a[3] - 1
            ] == []


def test_what_is_laid_out_late_moves_nothing_and_is_there_on_paper_and_in_pictures(
    chromium: Any, tmp_path: Path
) -> None:
    """Its height is known beforehand, so that nothing jumps and every link leads to its place."""
    late = written(tmp_path, large.run_file(100))
    tops = "[...document.querySelectorAll('h2, .far')].map(one => one.getBoundingClientRect().top)"
    with opened(chromium, late) as page:
        assert page.locator(".tall.far").count() == 1
        assert page.locator(".maps .far").count() == 11
        found = (page.evaluate(tops), _sheets(page.pdf()), page.screenshot(full_page=True))
    text = late.read_text(encoding="utf-8")
    at_once = tmp_path / "at-once.html"
    at_once.write_text(text.replace("content-visibility: auto;", ""), encoding="utf-8")
    with opened(chromium, at_once, bypass_csp=True) as page:
        assert found == (page.evaluate(tops), _sheets(page.pdf()), page.screenshot(full_page=True))


def _sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_five_hundred_cells_stay_below_three_megabytes(tmp_path: Path) -> None:
    path = written(tmp_path, large.run_file(500))
    assert path.stat().st_size <= 3_000_000
    assert path.read_text().count('<svg class="dots"') > 480
    assert path.read_text().count("<tr data-kind=") > 480


def test_the_run_is_saved_from_the_page(chromium: Any, page_file: Path, tmp_path: Path) -> None:
    with opened(chromium, page_file) as page:
        with page.expect_download() as waiting:
            page.locator("a.save").click()
        assert waiting.value.suggested_filename == "run.json.gz"
        kept = tmp_path / "run.json"
        kept.write_bytes(gzip.decompress(Path(waiting.value.path()).read_bytes()))
    assert sorted(read(kept).by_cell) == sorted(run_of(json.loads(json.dumps(rich()))).by_cell)
