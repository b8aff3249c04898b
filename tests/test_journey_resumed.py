"""The whole way, on stand-ins: sessions that are killed, and others that go on with them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.journal import lines_of
from bench.reading import record_of
from bench.record import to_json
from reports.__main__ import main
from tests.fakes import _project
from tests.fakes._project import SMALL, Ended, weigh

WORDS = (
    *("--batch=1,2", *SMALL[1:], "--variant=int8,halting,teacher", "--seed=5"),
    *("-k", "decode or load or memory"),
)
CELLS = 3 * (2 + 1 + 2)
Halves = tuple[dict[str, Any], Ended]


def kept(project: Path) -> dict[str, Any]:
    """The cells in the journal."""
    lines = [line for line in lines_of(project / "run.json.journal") if "record" in line]
    return {record_of(line["record"]).cell: line for line in lines}


def killed(project: Path, pipe: str, *more: str, meanwhile: Callable[[], object] = int) -> None:
    """Run until the variant `halting` waits, then kill the session."""
    (project / "artifacts").mkdir()
    os.mkfifo(project / "artifacts" / pipe)
    session = subprocess.Popen(
        _project.command(*WORDS, *more, "--benchmark-json"),
        cwd=project, env=_project.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert (project / "artifacts" / pipe).read_text() == "yes"
        meanwhile()
    finally:
        session.kill()
        session.communicate(timeout=60)
    assert session.returncode == -signal.SIGKILL
    (project / "artifacts" / pipe).unlink()


@pytest.fixture(
    scope="module", params=[("halt-here",), ("halt-child",), ("halt-child", "--isolate")]
)
def halves(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Halves:
    """What the journal of a killed session held, and the session that went on with it."""
    project = _project.lay_out(tmp_path_factory.mktemp("halves"))
    pipe, *more = request.param
    killed(project, pipe, *more)
    journal = project / "run.json.journal"
    before = kept(project)
    with journal.open("a") as stream:
        stream.write('{"record": {"suite": "torn')
    return before, weigh(project, *WORDS, *more, "--resume", "--benchmark-json")


def test_a_kill_loses_one_cell_at_most(halves: Halves) -> None:
    """The one that was running: all that stand before it in the order are in the journal."""
    before, ended = halves
    order = ended.document["weighbridge"]["settings"]["order"]
    done = [cell for cell in order if cell in before]
    assert 0 < len(done) < CELLS
    assert done == order[: len(done)]
    assert order[len(done)].partition("[")[2].startswith("halting")


def test_the_run_is_whole_and_says_what_was_taken_over(halves: Halves) -> None:
    before, ended = halves
    assert ended.code == 0, ended.said
    assert len(ended.cells) == CELLS
    assert all(record.figured for record in ended.cells.values())
    settings = ended.document["weighbridge"]["settings"]
    marked = [cell for cell, record in ended.cells.items() if "resumed" in record.facts]
    assert 0 < settings["resumed"] == len(marked) <= len(before)
    assert [ended.cells[cell].facts["resumed"] for cell in marked] == [
        settings["resumed_from"][0]
    ] * len(marked)
    assert f"resumed: {len(marked)} of {CELLS} cells" in ended.said
    assert not (ended.folder / "run.json.journal").exists()


def test_what_was_measured_is_not_measured_again(halves: Halves) -> None:
    before, ended = halves
    for cell, record in ended.cells.items():
        if "resumed" in record.facts:
            assert to_json(record)["values"] == before[cell]["record"]["values"]


def test_rows_of_pytest_benchmark_are_replayed(halves: Halves) -> None:
    before, ended = halves
    rows = {row["fullname"]: row for row in ended.document["benchmarks"]}
    timed = {"decode": "latency", "prefill": "first_token"}
    assert set(rows) == {cell for cell, record in ended.cells.items() if record.suite in timed}
    for cell, row in rows.items():
        record = ended.cells[cell]
        value = record.values[timed[record.suite]]
        seconds = list(value.samples[value.cut :])
        assert row["stats"]["data"] == seconds
        assert row["param"].startswith(record.variant)
        if "resumed" in record.facts:
            assert before[cell]["clock"] == seconds


def test_the_run_is_sound(halves: Halves, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(halves[1].folder / "run.json")]) == 0, capsys.readouterr().out


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A project with the journal of a session that was interrupted."""
    project = _project.lay_out(tmp_path)
    words = ("--variant=teacher,interrupted", "-k", "decode or quality or prefill", "--seed=1")
    ended = weigh(project, *SMALL, *words, "--benchmark-json")
    assert ended.code == pytest.ExitCode.INTERRUPTED, ended.said
    assert "run.json.journal keeps the cells that ended" in ended.said
    assert "--resume goes on" in ended.said
    return project


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--rounds=7",), "--rounds was 32 and is 7"),
        (("--eval-tokens=128",), "--eval-tokens was 200 and is 128"),
        (("--text=own.txt",), "--text was 'demo' and is 'own.txt'"),
        (("-k", "decode or quality"), "the selected cells was"),
        (("--new=5",), "the selected cells was"),
    ],
)
def test_a_journal_of_another_session_is_refused(
    broken: Path, words: tuple[str, ...], says: str
) -> None:
    (broken / "own.txt").write_text("words of my own " * 100)
    kept_before = (broken / "run.json.journal").read_text()
    base = (*SMALL, "--variant=teacher,interrupted", "-k", "decode or quality or prefill")
    ended = weigh(broken, *base, "--seed=1", *words, "--benchmark-json", "--resume")
    assert ended.code == pytest.ExitCode.USAGE_ERROR, ended.said
    (line,) = (line for line in ended.said.splitlines() if line.startswith("ERROR"))
    assert says in line
    assert "run.json.journal is of another session" in line
    assert (broken / "run.json.journal").read_text() == kept_before


def test_another_checkpoint_is_named(broken: Path) -> None:
    weights = broken / "checkpoint" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    words = (*SMALL, "--variant=teacher,interrupted", "-k", "decode or quality or prefill")
    ended = weigh(broken, *words, "--seed=1", "--benchmark-json", "--resume")
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert "the making of teacher was" in ended.said


def test_without_a_journal_there_is_nothing_to_resume(project: Path) -> None:
    for words, says in (
        (("--resume",), "name the file"),
        (("--resume", "--benchmark-json"), "there is no run.json.journal"),
    ):
        ended = weigh(project, *SMALL, *words)
        assert ended.code == pytest.ExitCode.USAGE_ERROR, ended.said
        assert says in ended.said
    (project / "run.json.journal").write_text("[]\n")
    ended = weigh(project, *SMALL, "--variant=int8", "--resume", "--benchmark-json")
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert "is no journal that can be gone on with" in ended.said


def test_a_new_session_says_that_it_replaces_a_journal(broken: Path) -> None:
    ended = weigh(broken, *SMALL, "--variant=teacher", "-k", "load", "--benchmark-json")
    assert ended.code == 0, ended.said
    assert "run.json.journal of a session that broke off is replaced" in ended.said
    assert not (broken / "run.json.journal").exists()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return _project.lay_out(tmp_path)


def test_isolated_cells_are_rows_too(project: Path) -> None:
    """Also where nothing was resumed; and a failed one has its reason."""
    ended = weigh(
        project, *SMALL, "--variant=int8,wrong,liar", "-k", "decode or quality", "--isolate",
        "--benchmark-json",
    )  # fmt: skip
    assert ended.code == 1
    assert ended.cell("decode", "int8").figured
    assert ended.cell("decode", "wrong").status == "failed"
    assert ended.cell("decode", "liar").status == "proof_failed"
    (row,) = ended.document["benchmarks"]
    assert row["fullname"] == "decode[int8-b1-p8-n4]"
    latency = ended.cell("decode", "int8").values["latency"]
    assert row["stats"]["data"] == list(latency.samples[latency.cut :])
    assert json.loads((project / "run.json").read_text())["weighbridge"]["settings"]["isolate"]


def test_two_sessions_at_once_do_not_share_a_journal(project: Path) -> None:
    """The second is refused before it makes anything, or writes another file; nothing is lost."""
    others: list[Ended] = []

    def meanwhile() -> None:
        before, words = kept(project), (*SMALL, "--variant=int4", "-k", "load")
        for more in ((), ("--resume",)):
            others.append(weigh(project, *words, *more, "--benchmark-json"))
        assert "int4" not in others[0].made
        others.append(weigh(project, *words, "--benchmark-json=other.json"))
        others.append(weigh(project, *words, "--benchmark-json", "--collect-only"))
        assert kept(project) == before

    killed(project, "halt-here", meanwhile=meanwhile)
    for refused in others[:2]:
        assert refused.code == pytest.ExitCode.USAGE_ERROR, refused.said
        (line,) = (line for line in refused.said.splitlines() if line.startswith("ERROR"))
        assert "run.json.journal is in use: another session" in line
        assert line.endswith("or name another file with --benchmark-json")
    assert [one.code for one in others[2:]] == [0, 0], others[2].said + others[3].said
    assert (project / "other.json").is_file()
    ended = weigh(project, *WORDS, "--resume", "--benchmark-json")
    assert ended.code == 0, ended.said
    assert f"of {CELLS} cells are taken from" in ended.said
    left = {path.name for path in project.iterdir()} - {".benchmarks"}
    assert left == {"pytest.ini", "checkpoint", "artifacts", "run.json", "other.json"}
