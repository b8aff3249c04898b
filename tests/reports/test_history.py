"""`weighbridge history`: courses apart by machine and subject, held once, and where they turn."""

from __future__ import annotations

import copy
import json
import math
import random
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BadRun
from bench.reading import run_of
from reports import store, turning
from reports.__main__ import main
from reports.chronicle import Course, Point, courses, points
from reports.trend import spark
from tests.reports import believed, sample
from tests.reports.test_comparison import elsewhere, scaled


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


Json = Any
Captured = pytest.CaptureFixture[str]


def day(at: int, rate: float = 1.0, *edits: Callable[[Json], None]) -> Json:
    """The sample of that day; int4 decodes `rate` times as fast, beside the teacher too."""
    data = copy.deepcopy(believed.run_file())
    data["weighbridge"]["date"] = f"2026-03-{at:02}T10:00:00+00:00"
    for row in data["benchmarks"]:
        cell = row["extra_info"]["bench"]
        if cell["variant"] == "int4":
            for name in ("decode_rate", "decode_speedup"):
                if name in cell["values"]:
                    scaled(cell["values"][name], rate)
    for edit in edits:
        edit(data)
    return data


def another_text(data: Json) -> None:
    data["weighbridge"]["text"]["fingerprint"] = "another"


def told(*days: Json) -> list[Course]:
    runs = [run_of(data) for data in days]
    return courses(p for at, run in enumerate(runs) for p in points(f"run{at}", run))


def course(found: list[Course], cell: str, metric: str) -> Course:
    (one,) = (c for c in found if (c.last.cell, c.last.metric) == (cell, metric))
    return one


def test_a_course_is_of_ratios_by_date() -> None:
    found = course(told(day(3, 1.2), day(1), day(2, 1.1)), "decode[int4-b1-p32-n16]", "decode_rate")
    assert [round(p.value, 3) for p in found.points] == [1.83, 2.013, 2.196]
    assert [p.name for p in found.points] == ["run1", "run2", "run0"]
    assert {p.relation for p in found.points} == {"ratio in turns"}
    assert (found.last.low, found.last.high) == pytest.approx((1.80 * 1.2, 1.86 * 1.2))


def test_a_profiled_time_is_in_no_course() -> None:
    def profiled(data: Json) -> None:
        for row in data["benchmarks"]:
            if row["extra_info"]["bench"]["variant"] == "int4":
                row["extra_info"]["bench"]["status"] = "profiled"

    found = told(day(1), day(2, 1.0, profiled), day(3))
    times = [each for each in found if each.last.cell.startswith("decode[int4")]
    assert {tuple(point.date[8:10] for point in each.points) for each in times} == {("01", "03")}
    assert len(course(found, "load[int4]", "disk_bytes").points) == 3


def test_the_teacher_and_bytes_stand_as_they_are() -> None:
    found = told(day(1))
    rate = course(found, "decode[teacher-b1-p32-n16]", "decode_rate").last
    assert (rate.relation, rate.value, rate.unit) == ("figure", 100.0, "tok/s")
    assert course(found, "load[int4]", "disk_bytes").last.value == 120e6
    loss = course(found, "quality[int4]", "loss").last
    assert (loss.relation, loss.value) == ("difference", pytest.approx(0.03))
    b8 = course(found, "decode[int4-b8-p32-n16]", "decode_rate").last
    assert (b8.relation, b8.value) == ("ratio", pytest.approx(2.06))


@pytest.mark.parametrize("edit", [elsewhere, another_text])
def test_other_machines_and_subjects_have_their_own(edit: Callable[[Json], None]) -> None:
    found = told(day(1), day(2, 1.0, edit))
    assert [len(c.points) for c in found] == [1] * len(found)
    assert len(found) == 2 * len(told(day(1)))


def test_one_run_in_two_files_is_one() -> None:
    assert {len(c.points) for c in told(day(1), day(1), day(2))} == {2}


def stored(path: Path, *days: Json) -> list[int]:
    return store.add(path, [list(points(f"run{at}", run_of(d))) for at, d in enumerate(days)])


def test_a_file_holds_what_was_added_and_each_run_once(tmp_path: Path) -> None:
    path = tmp_path / "a history?.sqlite"  # a name that a URI must quote
    first = stored(path, day(1), day(2))
    assert first[0] == first[1] > 0
    assert stored(path, day(2), day(3)) == [0, first[0]]
    names = {0: "run0", 1: "run1", 2: "run1"}
    expected = [
        p for at, d in enumerate((day(1), day(2), day(3))) for p in points(names[at], run_of(d))
    ]
    assert store.held(path) == expected
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_failed_addition_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.sqlite"
    stored(path, day(1))
    before = store.held(path)
    good = list(points("good", run_of(day(2))))
    bad = [*points("bad", run_of(day(3)))]
    object.__setattr__(bad[-1], "value", "no number")
    with pytest.raises(BadRun, match="cannot be used as a history"):
        store.add(path, [good, bad])
    assert store.held(path) == before


def foreign(path: Path) -> None:
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE figures (x)")
    base.commit()
    base.close()


def later(path: Path) -> None:
    stored(path, day(1))
    base = sqlite3.connect(path)
    base.execute("PRAGMA user_version = 9")
    base.close()


def damaged(path: Path) -> None:
    stored(path, day(1))
    base = sqlite3.connect(path)
    base.execute("UPDATE figures SET value = 9e999 WHERE rowid = 1")
    base.commit()
    base.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b"no database" * 99), "file is not a database"),
        (lambda path: path.write_bytes(b""), "is no history of ours"),
        (foreign, "is no history of ours"),
        (later, "is a history of form 9, this version reads 1"),
        (damaged, "is damaged: value is inf"),
    ],
)
def test_a_file_that_is_no_history(
    make: Callable[[Path], Any], says: str, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "h.sqlite"
    make(path)
    assert main(["history", "--history", str(path)]) == 1
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


def folder_of(folder: Path, *days: Json) -> Path:
    for at, data in enumerate(days):
        sample.write(folder / f"run{at}.json", data)
    return folder


def test_a_folder_is_shown_by_machine(tmp_path: Path, capsys: Captured) -> None:
    folder_of(tmp_path, day(1), day(2, 2.0), day(3, 1.0, elsewhere))
    (tmp_path / "other.json").write_text("{}")
    assert main(["history", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"left out: {tmp_path}/other.json holds no Weighbridge run" in said
    assert "Invented CPU 9000, 2 threads (key " in said
    assert "Another CPU, 2 threads (key " in said
    row = next(line for line in said.splitlines() if "decode[int4-b1" in line and "▁█" in line)
    assert "3.66× [3.60, 3.72]" in row
    assert "weight_bytes" not in said  # without --all


def test_what_was_added_is_shown(tmp_path: Path, capsys: Captured) -> None:
    runs = [str(folder_of(tmp_path, day(1), day(2)) / f"run{at}.json") for at in (0, 1)]
    path = str(tmp_path / "h.sqlite")
    assert main(["history", "--history", path, "--add", *runs]) == 0
    assert "figures added" in capsys.readouterr().out
    assert main(["history", "--history", path, "--add", *runs]) == 0
    assert capsys.readouterr().out.count("held already") == 2
    out = tmp_path / "courses.json"
    words = ["--all", "-k", "load[int4] weight", "--json", str(out)]
    assert main(["history", "--history", path, *words]) == 0
    found = json.loads(out.read_text())
    assert [len(one["points"]) for one in found] == [2]
    assert found[0]["points"][0]["value"] == 119e6


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 2, "wants a folder of runs, or --history FILE"),
        (["{tmp}", "--history", "{tmp}/h"], 2, "wants a folder of runs, or --history FILE"),
        (["{tmp}/run0.json"], 2, "is no folder; a history's file is named by --history"),
        (["--history", "{tmp}/none"], 2, "there is no"),
        (["{tmp}", "--add", "{tmp}/run0.json"], 2, "--add wants --history FILE"),
        (["--history", "{tmp}/no/h", "--add", "{tmp}/run0.json"], 2, "does not exist"),
        (["--history", "{tmp}/h", "--add", "{tmp}/run0.json", "{tmp}/bad"], 1, "is not JSON"),
        (["{tmp}/empty"], 1, "holds no run: none of its 0 JSON files is one"),
        (["{tmp}", "-k", "nothing such"], 2, "holds no course that was asked for"),
        (["{tmp}", "--json", "{tmp}"], 2, "is a folder"),
    ],
)
def test_a_wrong_call(
    words: list[str], code: int, says: str, tmp_path: Path, capsys: Captured
) -> None:
    folder_of(tmp_path, day(1))
    (tmp_path / "bad").write_text("{")
    (tmp_path / "empty").mkdir()
    assert main(["history", *(word.format(tmp=tmp_path) for word in words)]) == code
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not (tmp_path / "h").exists()


def test_without_the_library_the_line_that_installs_it(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path, day(1))
    monkeypatch.setitem(sys.modules, "ruptures", None)
    monkeypatch.setattr(turning, "find_spec", lambda name: None)
    assert main(["history", str(tmp_path)]) == 0  # only --changes needs it
    capsys.readouterr()
    assert main(["history", str(tmp_path), "--changes"]) == 2
    assert "pip install 'weighbridge[history]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "drawn"),
    [([1.0], "▅"), ([2.0, 2.0], "▅▅"), ([0.0, 1.0], "▁█"), ([3.0, 1.0, 2.0], "█▁▅")],
)
def test_bars(values: list[float], drawn: str) -> None:
    assert spark(values) == drawn


def test_bars_are_of_the_newest_and_show_the_turns() -> None:
    assert spark([0.0] * 3 + [1.0] * 2, turns=[3]) == "▁▁▁│██"
    assert spark([9.0, *range(24)]) == spark(list(range(24)))


def levels(values: list[float]) -> Course:
    """A course whose logarithms are these."""
    one = next(iter(points("x", run_of(sample.only("teacher")))))
    made = []
    for at, value in enumerate(values):
        known = {name: getattr(one, name) for name in store.COLUMNS}
        made.append(Point(**{**known, "date": f"{at:04}", "value": math.exp(value)}))
    return Course(tuple(made))


def test_a_new_level_is_found_where_it_begins() -> None:
    pytest.importorskip("ruptures")
    dice = random.Random(5)
    noise = [dice.gauss(0, 0.01) for _ in range(30)]
    assert turning.turns(levels([n + 0.1 * (at >= 18) for at, n in enumerate(noise)])) == [18]
    both = [n + 0.1 * (8 <= at < 20) for at, n in enumerate(noise)]
    assert turning.turns(levels(both)) == [8, 20]
    assert turning.turns(levels([0.0] * 12 + [0.001] * 8)) == [12]  # bytes: no noise at all


def test_noise_alone_seldom_turns() -> None:
    pytest.importorskip("ruptures")
    dice = random.Random(11)
    found = [turning.turns(levels([dice.gauss(0, 0.02) for _ in range(30)])) for _ in range(150)]
    assert sum(map(bool, found)) <= 6  # four in a hundred


def test_a_short_or_still_course_has_no_turn() -> None:
    assert turning.turns(levels([0.0, 1.0] * 4)) == []
    assert turning.turns(levels([1.0] * 40)) == []


def test_turns_are_shown_and_judge_nothing(tmp_path: Path, capsys: Captured) -> None:
    pytest.importorskip("ruptures")
    folder_of(tmp_path, *(day(at, 1.0 if at < 8 else 0.5) for at in range(1, 15)))
    assert main(["history", str(tmp_path), "--changes", "-k", "decode[int4-b1"]) == 0
    said = capsys.readouterr().out
    assert "███████│▁▁▁▁▁▁▁" in said
    assert "2026-03-08" in said
    assert "no verdict" in said
