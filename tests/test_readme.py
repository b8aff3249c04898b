"""The README tells the truth: its tree, its options, and its examples, which run."""

import json
import re

import pytest

from bench.settings import OPTIONS
from tests.tree import README, ROOT, TREE, tree

TEXT = README.read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```python title=(\S+)\n(.*?)```", TEXT, re.DOTALL))


def test_the_tree_is_the_files_captions():
    assert TREE.search(TEXT)[0] == tree(), "run python -m tests.tree"


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_setting_stands_in_the_table_with_its_default_and_help(option):
    row = next(line for line in TEXT.splitlines() if line.startswith(f"| `{option.flag}`"))
    assert option.default in row
    assert option.help.split(";")[0] in row


def test_every_flag_of_ours_is_documented(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    shown = pytester.runpytest_subprocess(
        "-p", "bench.plugin", "-p", "reports.plugin", "--help"
    ).stdout.str()
    ours = shown.partition("Weighbridge: variants")[2].partition("\n\n")[0]
    flags = re.findall(r"^  (--[a-z-]+)", ours, re.MULTILINE)
    assert len(flags) > 15
    assert [flag for flag in flags if f"`{flag}`" not in TEXT] == []


def test_links_and_pictures_are_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_the_examples_run(pytester, monkeypatch):
    """A repository that only installed Weighbridge: a variant, a metric, a suite and a report."""
    assert len(EXAMPLES) == 4
    for name, code in EXAMPLES.items():
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
    (pytester.path / "mine" / "__init__.py").touch()
    pytester.makeini("[pytest]\nbench_variants = mine\n")
    pytester.makeconftest(
        "import bench.metrics, reports\n"
        f"bench.metrics.__path__.append({str(pytester.path / 'metrics')!r})\n"
        f"reports.__path__.append({str(pytester.path / 'reports')!r})\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    result = pytester.runpytest_subprocess(
        *("-p", "bench.plugin", "-p", "reports.plugin", "test_short.py", "-k", "written"),
        *(
            "--rounds",
            "32",
            "--precision",
            "99%",
            "--busy-share",
            "100%",
            "--artifacts",
            "made",
            "--benchmark-json=run.json",
        ),
        *("--report", "roll=cells.txt"),
    )
    result.assert_outcomes(passed=1)
    assert (pytester.path / "cells.txt").read_text() == "short[written-b1-p16-n4] measured\n"
    row = json.loads((pytester.path / "run.json").read_text())["benchmarks"][0]
    cadence = row["extra_info"]["bench"]["values"]["cadence"]
    assert 0 < cadence["value"] < row["stats"]["median"]
