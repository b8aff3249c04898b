"""`pytest suites --history PATH`: a finished run is added whole, once; a bad place is refused."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy  # noqa: F401  imported before pytester's snapshot of the modules: it loads only once
import pytest
from scipy import stats  # noqa: F401  the same

from bench.errors import BadRun
from bench.process import PARENT
from bench.reading import run_of
from reports import store
from reports.__main__ import main
from reports.chronicle import points
from tests.reports import sample
from tests.reports.test_gate import document
from tests.reports.test_gate_plugin import FAIL, PASS, SESSION
from tests.reports.test_history import day, foreign, later

Json = Any


def ordered(data: Json, *more: str) -> Json:
    """The run, with the cells that were to run."""
    data["weighbridge"]["settings"]["order"] = [*(r.cell for r in run_of(data).records), *more]
    return data


def session(
    pytester: pytest.Pytester, *words: str, test: str = PASS, run: Json = None
) -> pytest.RunResult:
    path = sample.write(pytester.path / "measured.json", run or ordered(day(1)))
    pytester.makeconftest(SESSION.format(run=str(path)))
    pytester.makepyfile(test)
    return pytester.runpytest_inprocess("-p", "reports.plugin", *words)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_finished_run_is_added_to_a_file(pytester: pytest.Pytester) -> None:
    found = session(pytester, "--history=runs.sqlite")
    assert found.ret == 0
    expected = list(points("measured", run_of(ordered(day(1)))))
    found.stdout.fnmatch_lines([f"history: runs.sqlite: {len(expected)} figures added"])
    assert store.held(pytester.path / "runs.sqlite") == expected


def test_the_same_run_is_added_once_and_another_beside_it(pytester: pytest.Pytester) -> None:
    session(pytester, "--history=runs.sqlite")
    session(pytester, "--history=runs.sqlite").stdout.fnmatch_lines(["history: *: held already"])
    session(pytester, "--history=runs.sqlite", run=ordered(day(2)))
    dates = {point.date[:10] for point in store.held(pytester.path / "runs.sqlite")}
    assert dates == {"2026-03-01", "2026-03-02"}


def test_a_folder_gets_the_run_file_as_it_is(
    pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pytester.mkdir("runs")
    for at in (1, 2, 2):
        assert session(pytester, "--history=runs/", run=ordered(day(at))).ret == 0
    first, second = sorted(folder.iterdir())
    assert second.read_text() == (pytester.path / "measured.json").read_text()
    assert first.name.startswith("20260301T100000-")
    capsys.readouterr()
    assert main(["history", "--history", str(folder), "--all"]) == 0
    assert " 2 " in capsys.readouterr().out


def test_it_is_the_commands_own_code(pytester: pytest.Pytester) -> None:
    """Both ways into a file and into a folder come to the same."""
    folder = pytester.mkdir("runs")
    session(pytester, "--history=runs.sqlite")
    session(pytester, "--history=runs")
    again = pytester.mkdir("more")
    for place in ("by-hand.sqlite", "more", "more"):
        assert main(["history", "--history", place, "--add", "measured.json"]) == 0
    assert store.held(Path("by-hand.sqlite")) == store.held(Path("runs.sqlite"))
    assert names(folder) == names(again)
    before = names(folder)
    (own,) = folder.iterdir()
    assert main(["history", "--history", "runs", "--add", str(own)]) == 0
    assert names(folder) == before


@pytest.mark.parametrize("place", ["runs.sqlite", "runs"])
def test_a_run_that_broke_off_is_not_added(pytester: pytest.Pytester, place: str) -> None:
    folder = pytester.mkdir("runs")
    cut = ordered(day(1), "decode[int8-b9-p32-n16]", "decode[int8-b7-p32-n16]")
    found = session(pytester, f"--history={place}", run=cut)
    assert found.ret == 0
    found.stdout.fnmatch_lines(["history: not added, as 2 of the run's cells did not run"])
    assert not (pytester.path / "runs.sqlite").exists()
    assert names(folder) == set()


def test_a_run_with_a_failed_cell_is_whole(pytester: pytest.Pytester) -> None:
    """The cell has no figure, and the others are sound."""
    found = session(pytester, "--history=runs.sqlite", test=FAIL)
    assert found.ret == 1
    found.stdout.fnmatch_lines(["history: runs.sqlite: * figures added"])


def test_a_profiled_run_is_added_without_its_times(pytester: pytest.Pytester) -> None:
    data = ordered(day(1))
    for row in data["benchmarks"]:
        row["extra_info"]["bench"]["status"] = "profiled"
    found = session(pytester, "--history=runs.sqlite", run=data)
    found.stdout.fnmatch_lines(["history: * added; times under --profile are in no course"])
    held = {point.metric for point in store.held(pytester.path / "runs.sqlite")}
    assert "disk_bytes" in held
    assert "decode_rate" not in held


def test_a_run_without_figures_leaves_the_history_as_it_is(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("runs")
    gone = sample.document([sample.gone("load", "int8", "failed", "no")])
    found = session(pytester, "--history=runs", run=gone)
    found.stdout.fnmatch_lines(["history: *runs: no figures in it, so nothing is added"])
    assert names(folder) == set()


def test_nothing_measured_adds_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PASS)
    found = pytester.runpytest_inprocess("-p", "reports.plugin", "--history=runs.sqlite")
    assert found.ret == 0
    found.stdout.fnmatch_lines(["history: nothing was measured, so nothing is added"])
    assert not (pytester.path / "runs.sqlite").exists()


def test_collecting_adds_nothing_and_says_nothing(pytester: pytest.Pytester) -> None:
    found = session(pytester, "--history=runs.sqlite", "--collect-only")
    assert found.ret == 0
    assert "history:" not in found.stdout.str()
    assert not (pytester.path / "runs.sqlite").exists()


def test_a_part_of_another_session_adds_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An arm of `ab`, where the ini file asks for a history, a report and a gate."""
    monkeypatch.setenv(PARENT, str(os.getpid()))
    words = ("--history=runs.sqlite", "--report=html=page.html", "--gate=none.json")
    assert session(pytester, *words).ret == 0
    assert not (pytester.path / "runs.sqlite").exists()
    assert not (pytester.path / "page.html").exists()


BAD: list[tuple[Callable[[Path], Any], str, str]] = [
    (lambda at: (at / "h").write_bytes(b"no database" * 99), "h", "file is not a database"),
    (lambda at: foreign(at / "h"), "h", "is no history of ours; name a new file"),
    (lambda at: later(at / "h"), "h", "is a history of form 9, this version reads 1"),
    (lambda at: os.mkfifo(at / "h"), "h", "is not an ordinary file"),
    (lambda at: None, "none/h", "does not exist; make it first"),
    (lambda at: None, "none/", "there is no folder none/; make it first"),
    (lambda at: None, "run.json", "is asked for twice, and the run would replace the history"),
    (lambda at: (at / "file").touch(), "file/h", "does not exist; make it first"),
]


@pytest.mark.parametrize(("make", "place", "says"), BAD)
def test_a_place_that_cannot_be_is_refused_before_anything_is_made(
    pytester: pytest.Pytester, make: Callable[[Path], Any], place: str, says: str
) -> None:
    pytester.makepyfile(test_it="raise SystemExit('measured')")
    make(pytester.path)
    before = names(pytester.path)
    found = pytester.runpytest_inprocess(
        "-p", "reports.plugin", f"--history={place}", "--benchmark-json=run.json"
    )
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = (line for line in found.stderr.lines if line)
    assert line.startswith("ERROR: --history: ")
    assert says in line
    assert names(pytester.path) == before


@pytest.mark.skipif(os.name != "posix", reason="files are locked and protected otherwise")
def test_a_file_that_cannot_be_written_is_refused(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held by another all the time: root writes to protected files, too."""
    session(pytester, "--history=runs.sqlite")
    monkeypatch.setattr(store, "WAITS", 0.0)
    base = sqlite3.connect(pytester.path / "runs.sqlite")
    base.execute("BEGIN EXCLUSIVE")
    found = session(pytester, "--history=runs.sqlite")
    base.close()
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    assert "cannot be used as a history: database is locked" in found.stderr.str()


@pytest.mark.parametrize(("loss", "code"), [(0.0, 1), (0.05, 10)])
def test_what_cannot_be_added_at_the_end_is_kept_and_no_pass(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, loss: float, code: int
) -> None:
    """A regression's exit code stands before it."""

    def lost(path: Path, runs: object) -> None:
        raise BadRun(f"{path.name} cannot be used as a history: disk I/O error")

    monkeypatch.setattr(store, "add", lost)
    sample.write(pytester.path / "base.json", document())
    words = ("--history=runs.sqlite", "--gate=base.json")
    found = session(pytester, *words, run=document(loss=loss))
    assert found.ret == code
    (line,) = (line for line in found.outlines if "--history: " in line)
    assert line.startswith("weighbridge: error: --history: runs.sqlite cannot be used as")
    (kept,) = pytester.path.glob("unsent-*.json")
    assert f"`weighbridge history --history runs.sqlite --add {kept.name}` adds it" in line
