"""Runs that lack something: the page says the truth about them, or there is one clear line."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BadRun
from bench.reading import read
from reports.__main__ import main
from reports.html import html
from tests.reports import large, sample
from tests.reports.test_html import Page, foreign_script

SCRIPTS = ("שלום", "مرحبا", "Ж", "日本語", "é̂̈", "🦆", "\u202egnp.exe", "../../etc", "a" * 10_000)
SECTIONS = {"trade", "heat", "roof", "chains", "courses", "texts", "absent", "cells"}


def page(data: sample.Json) -> tuple[str, Page, set[str]]:
    """The source, as parsed, and which sections it has."""
    source = html.render([sample.run(data)])
    parsed = Page(source)
    return source, parsed, {str(attrs.get("id")) for _, attrs in parsed.tags} & SECTIONS


def linked(parsed: Page) -> set[str]:
    return {str(a["href"])[1:] for t, a in parsed.tags if t == "a" and a["href"].startswith("#")}


def test_without_a_teacher_nothing_is_set_against_it() -> None:
    _, parsed, sections = page(sample.only("int8", "int4"))
    assert "no teacher was measured beside the variants" in parsed.words("p")
    assert "No teacher was measured" in parsed.words("aside")
    assert sections == {"cells"}
    assert "faster" not in parsed.words("td")


def test_one_variant_alone() -> None:
    _, parsed, sections = page(sample.only("int4"))
    assert "cannot be told" in parsed.words("p")
    assert sections == {"cells"}


def test_one_cell_alone() -> None:
    _, parsed, sections = page(sample.document([sample.decode("int4", (1, 32, 16), 0.08, 206.0)]))
    assert sections == {"cells"}
    assert "206.0 [205.0, 207.0] tok/s" in parsed.words("td")


def test_only_failures() -> None:
    _, parsed, sections = page(sample.only("half", "trt"))
    assert sections == {"absent"}
    assert "Nothing was measured." in parsed.words("p")
    assert "RuntimeError: <b>no kernel</b> for Half" in parsed.words("td")
    assert "1 cell failed" in parsed.words("aside")


def test_nothing_at_all() -> None:
    _, parsed, sections = page(sample.document([]))
    assert sections == set()
    assert "Nothing was measured." in parsed.words("p")


@pytest.mark.parametrize("names", [(), ("half",), ("int4",), ("teacher", "int4")])
def test_no_link_leads_nowhere(names: tuple[str, ...]) -> None:
    _, parsed, _ = page(sample.only(*names))
    ids = {str(attrs.get("id")) for _, attrs in parsed.tags}
    assert linked(parsed) <= ids


@pytest.mark.parametrize("name", SCRIPTS, ids=lambda name: ascii(name[:12]))
def test_a_name_in_any_script_is_shown_and_steers_nothing(name: str) -> None:
    data = sample.document(
        [
            *sample.variant_cells("teacher", 100.0, 0.0, 5e8),
            *sample.variant_cells(name, 150.0, 0.01, 1e8),
        ]
    )
    source, parsed, sections = page(data)
    assert not foreign_script(source)
    assert "\u202e" not in source
    assert "a" * 200 not in source
    assert {"trade", "heat"} <= sections
    assert f"{name[:8]}".replace("\u202e", "\\u202e") in parsed.words("th")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: str
) -> None:
    text = json.dumps(sample.full()).replace('"value": 206.0', f'"value": {number}')
    path = tmp_path / "run.json"
    path.write_text(text)
    assert refused(path, capsys).startswith("weighbridge: error: ")


@pytest.mark.parametrize("schema", [1, 3, "2", None])
def test_another_schema_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], schema: Any
) -> None:
    data = sample.full()
    data["weighbridge"]["schema"] = schema
    assert f"has schema {schema!r}, this version reads 2" in refused(
        sample.write(tmp_path / "run.json", data), capsys
    )


def refused(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The line by which the command refuses; no page is written."""
    target = path.with_suffix(".html")
    assert main(["report", "html", str(path), "-o", str(target)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert not target.exists()
    return said


@pytest.mark.parametrize("value", [0.0, 1e308, 5e-324, None])
def test_a_speed_of_any_size_is_shown(value: float | None) -> None:
    data = sample.full()
    for row in data["benchmarks"]:
        for figure in row["extra_info"]["bench"]["values"].values():
            figure.update(value=value, low=value, high=value)
    source, parsed, _ = page(data)
    assert not {"nan", "inf"} & set(parsed.words("td").lower().split())
    assert "NaN" not in source


def test_a_run_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("[]")
    with pytest.raises(BadRun, match="holds no Weighbridge run"):
        read(path)


def test_five_thousand_cells_have_a_row_each() -> None:
    source, _, _ = page(large.run_file(5000))
    assert source.count("<tr data-kind=") > 4990
    assert "samples, which would make the page too large" in source
