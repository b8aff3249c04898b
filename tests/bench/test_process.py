"""Children find what we found, and end when we end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.process import PARENT, Ends, environment, start, stop
from tests.fakes import _project

PARENT_CODE = """
import os, signal, subprocess
from bench.process import Ends, environment, start
child = start("tests.fakes._waits", [], environment(1), Ends(output=subprocess.PIPE))
child.stdout.readline()
print(child.pid, flush=True)
os.read(0, 1)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_a_child_dies_with_its_parent() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT_CODE],
        cwd=_project.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert parent.stdout
    assert parent.stdin
    watch = os.pidfd_open(int(parent.stdout.readline()))
    try:
        poll = select.poll()
        poll.register(watch, select.POLLIN)
        assert poll.poll(0) == []
        parent.stdin.close()
        assert parent.wait() == -signal.SIGKILL
        assert poll.poll(20_000), "the child outlived its parent"
    finally:
        os.close(watch)
        parent.stdout.close()


def test_the_environment_of_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["", "/one", "/two"])
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    monkeypatch.setenv("KEPT", "yes")
    found = environment(3, {"MORE": "1"})
    assert found["PYTHONPATH"].split(os.pathsep) == [str(Path.cwd()), "/one", "/two"]
    assert (found["OMP_NUM_THREADS"], found["MKL_NUM_THREADS"]) == ("3", "3")
    assert (found["KEPT"], found["MORE"], found[PARENT]) == ("yes", "1", str(os.getpid()))
    assert os.environ["OMP_NUM_THREADS"] == "64"


def test_a_child_is_stopped_and_its_end_is_known() -> None:
    child = start("tests.fakes._waits", [], environment(1), Ends(output=subprocess.PIPE))
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    stop(child)
    assert child.returncode == -signal.SIGTERM
    stop(child)  # again is no error
    child.stdout.close()
