"""Starts the processes of an arm: a survey of what it could measure, and one side of a pair."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from bench.arm import CELLS, CLOCKLESS, SURVEY
from bench.commit import harness
from bench.errors import BenchError, Misuse
from bench.origin import FROM
from bench.process import PARENT, QUIET
from bench.standby import JOURNAL
from bench.turns import LINE

USAGE, NOTHING = 4, 5
"""pytest's exit codes for a wrong call and for no cell at all."""


class ArmFailed(BenchError):
    """An arm could not do what it was started for; the message is one line."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """What is measured: whose variants, by which interpreter, in which session."""

    name: str
    """`base` or `head`."""
    folder: Path | None
    """Where the packages of variants are taken from; None: where they always are."""
    arguments: Sequence[str]
    """Of pytest."""
    python: str = sys.executable

    def start(
        self, extra: Mapping[str, str], output: IO[str], pipes: Sequence[int] = ()
    ) -> subprocess.Popen[str]:
        """Its pytest session, which finds what this process finds."""
        words = ["-W", "ignore", "-m", "pytest", *self.arguments, "-q", "-pno:cacheprovider"]
        return subprocess.Popen(
            [self.python, *words, "-pbench.arm"],
            env={**self._environment(), **extra},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=pipes,
            text=True,
        )

    def _environment(self) -> dict[str, str]:
        ours = {**QUIET, PARENT: str(os.getpid()), "PYTEST_ADDOPTS": ""}
        if self.folder is not None:
            ours[FROM] = str(self.folder)
        if self.python == sys.executable:  # another one has libraries of its own
            ours["PYTHONPATH"] = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
        return {**os.environ, **ours}


def survey(arm: Arm) -> dict[str, Any]:
    """Make what the arm needs, and tell of its cells: by label, None or why it cannot be measured.

    Raises Misuse for a wrong call, ArmFailed where the session does not come about.
    """
    with TemporaryDirectory(prefix="weighbridge-") as folder:
        path, log = Path(folder, "survey.json"), Path(folder, "log")
        with log.open("w") as output:
            child = replaced(arm).start({SURVEY: str(path)}, output)
            try:
                code = child.wait()
            finally:
                end(child)
        said = log.read_text(errors="replace")
        about: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        empty = code == NOTHING and not about.get("duels")  # with those alone, it can be said
        if not about or code == USAGE or empty:
            raise _failure(arm, code, said)
    if about["code"] != harness()["code"]:
        raise Misuse(f"{arm.python} holds another version of Weighbridge than this one; both "
                     "arms must be measured by the same")  # fmt: skip
    return about


def replaced(arm: Arm) -> Arm:
    """The arm's session, made to make and not to measure."""
    return replace(arm, arguments=[*arm.arguments, "--make-only"])


def ordinary(arm: Arm, run: Path) -> None:
    """Let the arm measure its cells without a clock, as any session does, into the file `run`.

    Cells that fail stand in it with their reasons. Raises Misuse, ArmFailed where no run comes.
    """
    words = [*arm.arguments, f"--benchmark-json={run}"]
    with TemporaryDirectory(prefix="weighbridge-") as folder:
        log = Path(folder, "log")
        with log.open("w") as output:
            child = replace(arm, arguments=words).start({CLOCKLESS: "yes"}, output)
            try:
                code = child.wait()
            finally:
                end(child)
        if code not in (0, 1) or not run.is_file():
            raise _failure(arm, code, log.read_text(errors="replace"))


@dataclass
class Side:
    """One side of a pair: a process that waits for its turns."""

    arm: Arm
    process: subprocess.Popen[str]
    hears: IO[str]
    says: IO[str]
    log: Path

    @classmethod
    def start(cls, arm: Arm, cells: Path, folder: Path) -> Side:
        """Start it on the cells that the file lists; its log goes into `folder`."""
        reads, its_writes = os.pipe()
        its_reads, writes = os.pipe()
        log = folder / f"{arm.name}.log"
        extra = {
            LINE: f"{its_reads},{its_writes}",
            CELLS: str(cells),
            JOURNAL: str(folder / f"{arm.name}.journal"),
        }
        try:
            with log.open("w") as output:
                process = arm.start(extra, output, (its_reads, its_writes))
        finally:
            os.close(its_reads)
            os.close(its_writes)
        return cls(arm, process, os.fdopen(reads, "r"), os.fdopen(writes, "w"), log)

    def hear(self) -> dict[str, Any]:
        """Its next message. Raises ArmFailed where it has ended."""
        said = self.hears.readline()
        if said:
            found: dict[str, Any] = json.loads(said)
            return found
        raise _failure(self.arm, self.process.wait(), self.log.read_text(errors="replace"))

    def tell(self, do: str, **more: Any) -> None:
        """Give it its turn, or another order. Raises ArmFailed where it has ended."""
        try:
            self.says.write(json.dumps({"do": do, **more}) + "\n")
            self.says.flush()
        except BrokenPipeError:
            said = self.log.read_text(errors="replace")
            raise _failure(self.arm, self.process.wait(), said) from None

    def end(self) -> None:
        """End it, and let go of its pipes."""
        end(self.process)
        self.hears.close()
        with suppress(BrokenPipeError):
            self.says.close()


def end(child: subprocess.Popen[str]) -> None:
    """End a child and wait for it."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _failure(arm: Arm, code: int, said: str) -> BenchError:
    lines = [line.strip() for line in said.strip().splitlines() if line.strip()]
    # argparse says what is wrong behind its usage, with the program's name before it
    errors = [line for line in lines if line.startswith(("ERROR", "E  ")) or ": error: " in line]
    last = (errors or lines or ["it said nothing"])[-1].removeprefix("ERROR: ")
    if code == USAGE:
        return Misuse(f"{arm.name}: {last}")
    if code == NOTHING:
        return Misuse(f"{arm.name}: no cell is selected")
    return ArmFailed(f"{arm.name}: its session ended with {code}: {last}")
