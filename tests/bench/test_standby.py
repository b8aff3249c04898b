"""A child that waits for its turn: here a pytest whose only plugin says what it has come to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.process import environment
from bench.standby import Standby, called

PLUGIN = """
import os
from pathlib import Path
from bench.standby import CALL, JOURNAL, await_turn, called

def pytest_configure():
    journal = Path(os.environ[JOURNAL])
    if os.environ.get("DIES"):
        os._exit(3)
    if os.environ.get("SLOW"):
        Path(os.environ["SLOW"]).read_text()
    journal.write_text("ready")
    wanted = called() and await_turn()
    journal.write_text(f"wanted {wanted}, its children called {CALL in os.environ}")
    os._exit(7)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "waits.py").write_text(PLUGIN)
    return tmp_path


def child(place: Path, **more: str) -> Standby:
    env = environment(1, more)
    env["PYTHONPATH"] = os.pathsep.join([str(place), env["PYTHONPATH"]])
    env.pop("PYTEST_ADDOPTS", None)
    return Standby(["-pwaits", f"--rootdir={place}"], env)


@pytest.fixture
def waiting(place: Path) -> Iterator[Standby]:
    found = child(place)
    yield found
    found.close()


def test_it_does_nothing_before_it_is_called(waiting: Standby) -> None:
    waiting.settle()
    assert waiting.journal.read_text() == "ready"
    code, _ = waiting.run()
    assert (code, waiting.journal.read_text()) == (7, "wanted True, its children called False")


def test_who_calls_at_once_need_not_wait(waiting: Standby) -> None:
    code, _ = waiting.run()
    assert (code, waiting.journal.read_text()[:11]) == (7, "wanted True")


def test_settling_waits_until_it_is_ready(place: Path) -> None:
    """It reads a pipe first; were that not waited for, nothing would stand in its journal."""
    os.mkfifo(place / "pipe")
    slow = child(place, SLOW=str(place / "pipe"))
    writer = "import sys; open(sys.argv[1], 'w').close()"
    with subprocess.Popen([sys.executable, "-c", writer, str(place / "pipe")]):
        slow.settle()
    assert slow.journal.read_text() == "ready"
    slow.close()


def test_a_child_that_is_not_wanted_ends_and_leaves_nothing(waiting: Standby) -> None:
    waiting.settle()
    folder = waiting.journal.parent
    waiting.close()
    assert not folder.exists()


def test_one_that_dies_before_its_turn_holds_nobody_up(place: Path) -> None:
    found = child(place, DIES="yes")
    found.settle()
    code, said = found.run()
    assert (code, said) == (3, "")
    found.close()


def test_a_process_that_nobody_started_so_is_not_called() -> None:
    assert not called()
