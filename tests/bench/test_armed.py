"""An arm's processes: the same harness in every interpreter, and a death has its reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.armed import Arm, ArmFailed, Side, ordinary, survey
from bench.commit import harness
from bench.errors import Misuse


def arm(folder: Path, script: str) -> Arm:
    """By an interpreter that is a shell script."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Arm(name="base", folder=None, arguments=["suites"], python=str(program))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="processors cannot be chosen here")
@pytest.mark.parametrize("threads", [1, 2, 1000])
def test_both_arms_have_the_same_processors(threads: int) -> None:
    """As many as threads, and no more than there are."""
    script = (
        "import os; from bench.arm import share_processors; "
        f"share_processors({threads}); print(sorted(os.sched_getaffinity(0)))"
    )
    seen = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout
        for _ in range(2)
    }
    (said,) = seen
    ours = os.sched_getaffinity(0)
    assert {*json.loads(said)} <= ours
    assert len(json.loads(said)) == min(threads, len(ours))


def told(code: str, status: int = 0) -> str:
    about = json.dumps({"code": code, "cells": {"a": None}})
    return f"echo '{about}' > \"$WEIGHBRIDGE_SURVEY\"; exit {status}"


def test_the_same_harness(tmp_path: Path) -> None:
    assert survey(arm(tmp_path, told(harness()["code"])))["cells"] == {"a": None}


def test_cells_that_duel_alone_are_told(tmp_path: Path) -> None:
    about = json.dumps({"code": harness()["code"], "duels": ["speedup[int8]"]})
    found = survey(arm(tmp_path, f"echo '{about}' > \"$WEIGHBRIDGE_SURVEY\"; exit 5"))
    assert found["duels"] == ["speedup[int8]"]


def test_another_harness_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="holds another version of Weighbridge"):
        survey(arm(tmp_path, told("0" * 16)))


@pytest.mark.parametrize(
    ("script", "kind", "says"),
    [
        ("echo 'ModuleNotFoundError: bench'; exit 1", ArmFailed, "with 1: ModuleNotFoundError: be"),
        ("echo 'ERROR: no such variant'; echo; exit 4", Misuse, "base: no such variant"),
        (
            "echo 'ERROR: usage: pytest [options]'; echo 'pytest: error: no --such'; exit 4",
            Misuse,
            "base: pytest: error: no --such",
        ),
        ("exit 5", Misuse, "base: no cell is selected"),
        (told("", 5), Misuse, "base: no cell is selected"),
        ("exit 0", ArmFailed, "it said nothing"),
    ],
)
def test_a_session_that_does_not_come_about(
    tmp_path: Path, script: str, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        survey(arm(tmp_path, script))


WRITES = """for word in "$@"; do case $word in
--benchmark-json=*) echo "$WEIGHBRIDGE_CLOCKLESS" > "${word#*=}";; esac; done; """


@pytest.mark.parametrize("code", [0, 1])
def test_a_session_of_cells_without_a_clock_leaves_its_run(tmp_path: Path, code: int) -> None:
    """Also where a cell has failed."""
    ordinary(arm(tmp_path, f"{WRITES} exit {code}"), tmp_path / "run.json")
    assert (tmp_path / "run.json").read_text() == "yes\n"


@pytest.mark.parametrize(
    ("script", "kind", "says"),
    [
        (f"{WRITES} echo 'killed'; exit 3", ArmFailed, "base: its session ended with 3: killed"),
        ("exit 0", ArmFailed, "base: its session ended with 0: it said nothing"),
        ("echo 'ERROR: no such text'; exit 4", Misuse, "base: no such text"),
    ],
)
def test_without_a_run_there_is_nothing_to_judge(
    tmp_path: Path, script: str, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        ordinary(arm(tmp_path, script), tmp_path / "run.json")


def test_a_side_that_dies_says_why(tmp_path: Path) -> None:
    side = Side.start(arm(tmp_path, "echo 'it went wrong'; exit 3"), tmp_path / "cells", tmp_path)
    with pytest.raises(ArmFailed, match="base: its session ended with 3: it went wrong"):
        side.hear()
    side.end()
