"""What a journal keeps: the last word on every cell, and nothing of a torn line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from bench.errors import Misuse
from bench.journal import Journal, held, lines_of, read
from bench.record import Record, Status

HEAD = {"same": {"--rounds": 6}, "dates": ["2026-01-02T03:04:05+00:00"]}


def record(suite: str, status: Status = "measured") -> Record:
    return Record(suite=suite, variant="int8", status=status)


def clock(cell: str) -> list[float]:
    return [0.5, 0.25] if cell.startswith("decode") else []


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def journal(tmp_path: Path, said: list[str]) -> Journal:
    begun = Journal(tmp_path / "run.json.journal", said.append)
    begun.begin([HEAD])
    return begun


def test_it_gives_back_what_it_was_told(journal: Journal) -> None:
    cells = {"decode[int8]": record("decode"), "load[int8]": record("load")}
    journal.keep(cells, clock, proofs={"int8": {"linears": 4}}, disproved={})
    left = read(journal.path)
    assert (left.same, left.dates) == (HEAD["same"], HEAD["dates"])
    assert left.records == cells
    assert left.clocks == {"decode[int8]": [0.5, 0.25], "load[int8]": []}
    assert (left.proofs, left.disproved) == ({"int8": {"linears": 4}}, {})


def test_only_what_is_new_is_written_and_the_last_word_counts(journal: Journal) -> None:
    cells = {"load[int8]": record("load")}
    journal.keep(cells, clock, proofs={}, disproved={})
    before = journal.path.read_text()
    journal.keep(cells, clock, proofs={}, disproved={})
    assert journal.path.read_text() == before
    journal.keep({"load[int8]": record("load", "failed")}, clock, proofs={}, disproved={})
    assert journal.path.read_text().startswith(before)
    assert read(journal.path).records["load[int8]"].status == "failed"


def test_a_torn_last_line_is_as_if_never_written(journal: Journal) -> None:
    journal.keep({"load[int8]": record("load")}, clock, proofs={}, disproved={})
    with journal.path.open("a") as stream:
        stream.write('{"record": {"suite": "dec')
    assert set(read(journal.path).records) == {"load[int8]"}


@pytest.mark.parametrize(
    "text", ["", "no json\n", "[]\n", "{}\n", '{"same": {}, "dates": []}\n{"record": {}}\n']
)
def test_what_is_no_journal_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json.journal").write_text(text)
    with pytest.raises(Misuse, match=r"run\.json\.journal is no journal") as error:
        read(tmp_path / "run.json.journal")
    assert "\n" not in str(error.value)


def test_a_whole_session_leaves_nothing(journal: Journal, said: list[str]) -> None:
    journal.keep({"load[int8]": record("load")}, clock, proofs={}, disproved={})
    journal.end(whole=False)
    (line,) = said
    assert "--resume goes on" in line
    journal.end(whole=True)
    assert not journal.path.exists()


def test_without_a_cell_there_is_nothing_to_go_on_with(journal: Journal, said: list[str]) -> None:
    journal.end(whole=False)
    assert (journal.path.exists(), said) == (False, [])


def test_a_journal_that_cannot_be_written_ends_no_session(
    journal: Journal, said: list[str]
) -> None:
    journal.path.unlink()
    journal.path.mkdir()
    for suite in ("load", "decode"):
        journal.keep({f"{suite}[int8]": record(suite)}, clock, proofs={}, disproved={})
    (line,) = said
    assert "cannot be written" in line


def test_lines_of_nothing(tmp_path: Path) -> None:
    assert list(lines_of(tmp_path / "none")) == []


def test_one_session_has_a_journal_at_a_time(tmp_path: Path, said: list[str]) -> None:
    path, other = tmp_path / "run.json.journal", tmp_path / "other.json.journal"
    with held(path, "--benchmark-json", said.append):
        with pytest.raises(Misuse) as error, held(path, "--benchmark-json", said.append):
            pass
        with held(other, "--benchmark-json", said.append):
            pass
    assert str(error.value) == (
        f"{path} is in use: another session keeps its figures there; wait until it has ended, or "
        "name another file with --benchmark-json"
    )
    with held(path, "--benchmark-json", said.append):
        assert [one.name for one in tmp_path.iterdir()] == ["run.json.journal.lock"]
    assert (list(tmp_path.iterdir()), said) == ([], [])


def test_a_killed_session_has_nothing(tmp_path: Path, said: list[str]) -> None:
    path = tmp_path / "run.json.journal"
    code = "import os, sys; from pathlib import Path; from bench.journal import held\n"
    code += "with held(Path(sys.argv[1]), '-o', print): os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", code, str(path)])
    assert done.returncode == -9
    assert [one.name for one in tmp_path.iterdir()] == ["run.json.journal.lock"]
    with held(path, "-o", said.append):
        pass
    assert (list(tmp_path.iterdir()), said) == ([], [])


@pytest.mark.parametrize("error", [OSError(37, "No locks available"), NotImplementedError("none")])
def test_a_file_system_without_locks_is_said(
    tmp_path: Path, said: list[str], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def acquire(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with held(tmp_path / "run.json.journal", "-o", said.append):
        pass
    (line,) = said
    assert "run.json.journal cannot be locked" in line
