"""The console command and the pytest options: what they write, and what they refuse."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.discovery import find
from bench.errors import Misuse
from bench.files import write_atomically
from reports.__main__ import main
from reports.delivery import parse_wanted, write_reports
from reports.plugin import table_text
from reports.report import Report
from tests.reports import sample

REPORTS = sorted(name for name, report in find("reports", Report).items() if report.render)


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_to_standard_output(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = sample.write(tmp_path / "run.json")
    assert main(["report", name, str(run)]) == 0
    assert "int4" in capsys.readouterr().out


def test_a_report_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, page = sample.write(tmp_path / "run.json"), tmp_path / "run.html"
    page.write_text("older")
    assert main(["report", "html", str(run), "-o", str(page)]) == 0
    assert page.read_text().startswith("<!doctype html>")
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.html", "run.json"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is not JSON"),
        ("{}", "holds no Weighbridge run"),
        ('{"weighbridge": {"schema": 1}}', "has schema 1, this version reads 2"),
        ('{"weighbridge": {"schema": 2}}', "is damaged"),
    ],
)
def test_a_bad_run_is_one_line(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    assert main(["report", "html", str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("weighbridge: error: ")
    assert says in error
    assert error.count("\n") == 1


def test_a_missing_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "html", str(tmp_path / "none.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("call", [[], ["report"], ["report", "pdf", "run.json"], ["sell"]])
def test_a_wrong_call(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(call)
    assert stop.value.code == 2


@pytest.mark.parametrize("call", [["--help"], ["report", "--help"], ["--version"]])
def test_help(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(call)
    assert stop.value.code == 0
    assert "weighbridge" in capsys.readouterr().out


def test_help_lists_the_reports(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "--help"])
    out = capsys.readouterr().out
    assert all(name in out for name in REPORTS)


def test_output_to_a_folder_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = sample.write(tmp_path / "run.json")
    assert main(["report", "html", str(run), "-o", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("html", "is not NAME=PATH"),
        ("html=", "is not NAME=PATH"),
        (
            "pdf=x.pdf",
            "no report is called 'pdf'; known: bencher, github_bigger",
        ),
        ("html={tmp}", "is a folder"),
        ("html={tmp}/none/x.html", "does not exist"),
        (f"html={os.devnull}", "not an ordinary file"),
    ],
)
def test_wanted_is_checked(said: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=says):
        parse_wanted([said.format(tmp=tmp_path)])


def test_a_path_may_hold_an_equals_sign(tmp_path: Path) -> None:
    assert parse_wanted([f"html={tmp_path}/a=b.html"]) == [("html", tmp_path / "a=b.html")]


def test_all_wanted_reports_are_written(tmp_path: Path) -> None:
    wanted = [(name, tmp_path / name) for name in REPORTS]
    assert write_reports(sample.run(), wanted) == [path for _, path in wanted]
    assert json.loads((tmp_path / "json_rows").read_text())


def test_a_failed_write_leaves_the_old_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.html"
    page.write_text("older")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(page, "newer")
    assert page.read_text() == "older"
    assert list(tmp_path.iterdir()) == [page]


def test_colour_only_where_the_terminal_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in table_text(sample.run(), 80, colour=True)
    assert "\x1b[" not in table_text(sample.run(), 80, colour=False)


SESSION = """
import pytest
from pathlib import Path
from bench.session import RUN_FILE

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    session.config.stash[RUN_FILE] = Path({run!r})
"""


def test_a_session_ends_with_the_table_and_the_reports(pytester: pytest.Pytester) -> None:
    run = sample.write(pytester.path / "run.json")
    pytester.makeconftest(SESSION.format(run=str(run)))
    pytester.makepyfile("def test_pass(): pass")
    found = pytester.runpytest_inprocess(
        "-p", "reports.plugin", "--report=html=page.html", "--benchmark-json=run.json"
    )
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines(
        ["*= weighbridge =*", "int4 *2.06*", "run: run.json", "html: page.html"]
    )
    assert (pytester.path / "page.html").read_text().startswith("<!doctype html>")


def test_a_damaged_run_fails_the_session(pytester: pytest.Pytester) -> None:
    (pytester.path / "run.json").write_text("{")
    pytester.makeconftest(SESSION.format(run=str(pytester.path / "run.json")))
    pytester.makepyfile("def test_pass(): pass")
    found = pytester.runpytest_inprocess("-p", "reports.plugin")
    assert found.ret == 1
    found.stdout.fnmatch_lines(["weighbridge: error: *is not JSON*"])


def test_a_session_without_a_run_says_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_pass(): pass")
    found = pytester.runpytest_inprocess("-p", "reports.plugin")
    assert "= weighbridge =" not in found.stdout.str()


def test_a_wrong_report_is_a_usage_error(pytester: pytest.Pytester) -> None:
    found = pytester.runpytest_inprocess("-p", "reports.plugin", "--report=pdf=x")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines(["ERROR: --report: no report is called 'pdf'; known: bencher*"])


def test_the_plugin_costs_other_sessions_nothing() -> None:
    code = (
        "import sys, reports.plugin, reports.html, reports.table\n"
        "print(sorted({'rich', 'jinja2', 'torch', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
