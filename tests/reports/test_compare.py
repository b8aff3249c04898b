"""`weighbridge compare`: what it prints and writes, and the one line for what cannot be."""

from __future__ import annotations

import copy
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from bench.reading import run_of
from reports.__main__ import main
from reports.compare_json import comparison_json
from reports.compare_markdown import comparison_markdown
from reports.compare_table import print_comparison
from reports.comparison import Comparison, compare, named
from reports.escaping import markdown_text
from reports.sheets import view
from tests.compare import scale
from tests.reports import believed, sample
from tests.reports.test_comparison import beside, both, elsewhere, faster_int4, nothing
from tests.reports.test_schema import faults

Json = Any
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        *("weighbridge_comparison", "runs", "pairs", "variants", "cells", "without_figures")
    ],
    "properties": {
        "weighbridge_comparison": {"const": 1},
        "without_figures": {"type": "array", "items": {"type": "string"}},
        "runs": {"type": "array", "items": {"required": ["name", "hardware_key", "machine"]}},
        "pairs": {"type": "array", "items": {"required": ["incomparable", "same_hardware"]}},
        "variants": {"type": "array", "items": {"required": ["to_teacher", "changes"]}},
        "cells": {
            "type": "array",
            "items": {
                "required": ["cell", "metric", "unit", "relation", "figures", "changes"],
                "properties": {
                    "changes": {
                        "items": {
                            "properties": {
                                "state": {"enum": ["compared", "missing", "new", "incomparable"]},
                                "value": {"type": ["number", "null"]},
                                "verdict": {"enum": ["better", "worse", "unclear", "same", None]},
                            }
                        }
                    }
                },
            },
        },
    },
}


def files(folder: Path, *edits: Any, base: Json = None) -> list[str]:
    """Run files on the disk: the sample, and a copy for each edit."""
    first = base or believed.run_file()
    paths = []
    for name, edit in zip("ABCD", (nothing, *edits), strict=False):
        document = copy.deepcopy(first)
        edit(document)
        paths.append(str(sample.write(folder / f"{name}.json", document)))
    return paths


def printed(found: Comparison, width: int = 200) -> str:
    paper = StringIO()
    print_comparison(found, Console(file=paper, width=width, no_color=True, highlight=False))
    return paper.getvalue()


def test_two_runs_of_one_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *files(tmp_path, faster_int4(1.1))]) == 0
    said = capsys.readouterr().out
    assert "the same kind of machine" in said
    assert "model gpt2, text wikitext-2" in said
    assert "≠" not in said


def test_the_interaction_of_machine_and_variant_is_said() -> None:
    said = printed(beside(both(elsewhere, faster_int4(0.5))))
    assert "int4 decode_rate: 1.94× [1.92, 1.97] on A, 0.97× [0.96, 0.98] on B." in said
    assert "another machine: the processor differs" in said
    assert "103.00≠" in said  # its absolute rate, marked
    assert "0.50×p [0.49, 0.51] (0.92×p against 1.83×p)" in said
    assert "not comparable as it stands" in " ".join(said.split())


def test_an_incomparable_run_has_no_column() -> None:
    def another(data: Json) -> None:
        data["weighbridge"]["text"]["fingerprint"] = "another"

    said = printed(beside(another, nothing))
    assert "incomparable: the text differs" in said
    assert "B against A" not in said
    assert "C against A" in said


@pytest.mark.parametrize("width", [40, 80, 120])
def test_it_fits_the_screen(width: int) -> None:
    lines = printed(beside(both(elsewhere, faster_int4(0.5)), nothing), width).splitlines()
    assert max(map(len, lines)) <= width


def test_every_form_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = files(tmp_path, both(elsewhere, faster_int4(0.5)))
    paths = {form: tmp_path / f"out.{form}" for form in ("html", "markdown", "json")}
    words = [word for form, path in paths.items() for word in (f"--{form}", str(path))]
    assert main(["compare", *runs, *words]) == 0
    assert f"markdown: {paths['markdown']}" in capsys.readouterr().out
    assert paths["html"].read_text().startswith("<!doctype html>")
    assert "### by variant" in paths["markdown"].read_text()
    assert json.loads(paths["json"].read_text())["runs"][1]["name"] == "B"


def test_the_json_keeps_to_its_form() -> None:
    found = comparison_json(beside(both(elsewhere, faster_int4(0.5)), nothing))
    text = json.dumps(found, allow_nan=False)
    Draft202012Validator(SCHEMA).validate(json.loads(text))
    row = next(
        row
        for row in found["cells"]
        if (row["cell"], row["metric"]) == ("decode[int4-b1-p32-n16]", "decode_rate")
    )
    assert row["changes"][0]["value"] == pytest.approx(0.5)
    assert row["changes"][0]["through_teacher"]
    assert row["figures"][0]["to_teacher"]["value"] == pytest.approx(1.83)
    assert [pair["same_hardware"] for pair in found["pairs"]] == [False, True]
    assert len({run["hardware_key"] for run in found["runs"]}) == 2


def test_what_failed_in_every_run_is_said() -> None:
    found = beside(nothing, base=sample.full())
    assert found.nowhere == ("decode[half-b1-p32-n16]", "load[trt]", "quality[trt]")
    rows = next(sheet for sheet in view(found, 9).sheets if sheet.title == "not compared").rows
    assert [entry.text for entry in rows[-1]] == [
        *("no figures", "in none of the runs", "3"),
        "decode[half-b1-p32-n16], load[trt], quality[trt]",
    ]


def test_the_runs_of_the_scale_script_are_runs(tmp_path: Path) -> None:
    paths = [tmp_path / "base.json", tmp_path / "head.json"]
    for seed, path in enumerate(paths):
        scale.write(path, cells=30, metrics=4, samples=8, seed=seed)
        assert faults(json.loads(path.read_text())) == []
    assert main(["compare", *map(str, paths)]) == 0


def hostile() -> Comparison:
    data = sample.full()
    data["weighbridge"]["machine"]["cpu"] = sample.HOSTILE
    data["weighbridge"]["settings"]["teacher"] = sample.HOSTILE
    data["weighbridge"]["records"][0]["values"][sample.HOSTILE] = sample.value("disk_bytes", 1)
    other = copy.deepcopy(data)
    elsewhere(other)
    runs = [(sample.HOSTILE, run_of(data)), ("<b>|x|", run_of(other))]
    return compare(named(runs))


def test_markdown_means_nothing_that_came_with_a_run() -> None:
    text = comparison_markdown(hostile())
    assert "<img" not in text
    assert "<b>" not in text
    assert "\u202e" not in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    bars = [line.replace("\\|", "").count("|") for line in tables]
    heads = [at for at, line in enumerate(tables) if line.startswith("| ---")]
    for at in heads:
        assert bars[at - 1] == bars[at]
    assert len(set(bars)) <= len(heads)


def test_a_terminal_gets_no_control_signs() -> None:
    said = printed(hostile())
    assert "\x1b" not in said
    assert "\u202e" not in said


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a_b", "a\\_b"),
        ("x|y", "x\\|y"),
        ("[t](u)", "\\[t\\](u)"),
        ("<b>", "&#60;b&#62;"),
        ("@me #1", "&#64;me &#35;1"),
        ("http://x", "http&#58;//x"),
        ("&#60;", "&#38;&#35;60;"),
        ("a: b", "a: b"),
    ],
)
def test_markdown_text(text: str, written: str) -> None:
    assert markdown_text(text) == written


def test_a_long_comparison_says_what_it_leaves_out() -> None:
    found = view(beside(nothing), most=5)
    cells = next(sheet for sheet in found.sheets if sheet.title == "by cell")
    assert len(cells.rows) == 5
    assert cells.more.startswith("and ")
    assert cells.more.endswith("more figures: --json holds them all")


def test_what_got_worse_stands_first() -> None:
    def edit(data: Json) -> None:
        for record in data["weighbridge"]["records"]:
            if record["suite"] == "load" and record["variant"] == "int4":
                record["values"]["disk_bytes"]["value"] *= 2
                record["values"]["weight_bytes"]["value"] /= 4

    rows = next(s for s in view(beside(edit), 9).sheets if s.title == "by cell").rows
    assert [[entry.text for entry in row] for row in rows[:2]] == [
        ["load[int4]", "disk_bytes MB", "120.0", "240.0", "2.00×"],
        ["load[int4]", "weight_bytes MB", "119.0", "29.75", "0.25×"],
    ]
    assert [row[-1].verdict for row in rows[:3]] == ["worse", "better", "unclear"]


def refused(capsys: pytest.CaptureFixture[str], words: list[str]) -> tuple[int, str]:
    code = main(["compare", *words])
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert len(said) < 400
    return code, said


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is not JSON"),
        (json.dumps(believed.run_file())[:5000], "is not JSON"),
        ("[1, 2]", "holds no Weighbridge run"),
        ('{"benchmarks": []}', "holds no Weighbridge run"),
        ('{"weighbridge": {"schema": 3}}', "has schema 3, this version reads 2"),
        (json.dumps(believed.run_file()).replace('"value": 500', '"value": NaN, "x": 500', 1),
         "NaN is not a number"),
        (json.dumps(believed.run_file()).replace('"value": 0.008', '"value": -0.008', 1),
         "no time is negative"),
        (json.dumps(believed.run_file()).replace('"value": 0.008', '"value": 1e999', 1), "inf"),
        (None, "cannot be read"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_line(
    content: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = files(tmp_path)[0], tmp_path / "bad.json"
    if content is not None:
        bad.write_text(content)
    for words in ([good, str(bad)], [str(bad), good]):
        code, said = refused(capsys, words)
        assert code == 1
        assert said.startswith(f"weighbridge: error: {bad} ")
        assert says in said


def test_nothing_in_common_is_said_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = sample.write(tmp_path / "one.json", sample.only("int4"))
    other = sample.write(tmp_path / "other.json", sample.only("int8"))
    assert main(["compare", str(one), str(other)]) == 1
    found = capsys.readouterr()
    assert found.err == (
        "weighbridge: nothing can be compared: one and other have no figure of any cell in common\n"
    )
    assert "not among the cells of other" in found.out


def test_runs_of_different_texts_end_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def another(data: Json) -> None:
        data["weighbridge"]["text"]["fingerprint"] = "another"

    assert main(["compare", *files(tmp_path, another)]) == 1
    found = capsys.readouterr()
    assert "nothing can be compared with A: B: the text differs" in found.err
    assert "by cell" not in found.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["{A}"], "compare needs two runs or more"),
        (["{A}", "{A}", "--json", "{tmp}"], "is a folder"),
        (["{A}", "{A}", "--json", "{tmp}/none/x.json"], "does not exist"),
        (["{A}", "{A}", "--json", "{A}"], "is named twice"),
        (["{A}", "{A}", "--json", "{tmp}/x", "--html", "{tmp}/x"], "is named twice"),
    ],
)
def test_a_wrong_call(
    words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = files(tmp_path)[0]
    code, said = refused(capsys, [word.format(A=run, tmp=tmp_path) for word in words])
    assert code == 2
    assert says in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A.json"]
