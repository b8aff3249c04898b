"""How far a long piece of work has come: told to the session, or shown where nobody listens."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Protocol, TextIO

EVERY = 10.0
"""Seconds between plain lines."""
OFTEN = 0.2
"""Seconds between what a listening session is told."""
TOLD = "WEIGHBRIDGE_PROGRESS"
"""Set to EVERY or OFTEN in seconds for a child whose output the session reads."""
MARK = "\x1e"
"""Begins each message in a child's output, where libraries may write as well."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far a piece of work has come."""

    title: str
    done: int
    steps: int
    note: str = ""

    @property
    def line(self) -> str:
        return f"{self.title} {self.done}/{self.steps} {self.note}".rstrip()

    @property
    def message(self) -> str:
        return MARK + json.dumps(asdict(self))

    @classmethod
    def heard(cls, line: str) -> Step | None:
        """The step in a line of a child's output; None where that is something else."""
        try:
            found = cls(**json.loads(line.partition(MARK)[2]))
            whole = isinstance(found.title, str) and isinstance(found.note, str)
            return found if whole and 0 <= found.done <= found.steps and found.steps else None
        except (ValueError, TypeError):
            return None


class Advance(Protocol):
    """Called after each step, with a word on how it went."""

    def __call__(self, note: str = "") -> None: ...


@contextmanager
def progress(title: str, steps: int) -> Iterator[Advance]:
    """`with progress("training", 100) as advance:` — one `advance()` a step."""
    if pause := os.environ.get(TOLD):
        yield _messages(title, steps, float(pause))
    elif sys.stderr.isatty():
        with _bar(title, steps) as advance:
            yield advance
    else:
        yield _lines(title, steps)


@contextmanager
def _bar(title: str, steps: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description} {task.completed}/{task.total}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(title, total=steps, note="")

        def advance(note: str = "") -> None:
            bars.update(task, advance=1, note=note)

        yield advance


def _lines(title: str, steps: int) -> Advance:
    return _now_and_then(title, steps, EVERY, lambda step: _print(step.line, sys.stderr))


def _messages(title: str, steps: int, pause: float) -> Advance:
    return _now_and_then(title, steps, pause, lambda step: _print(step.message, sys.stdout))


def _print(line: str, stream: TextIO) -> None:
    print(line, file=stream, flush=True)


def _now_and_then(title: str, steps: int, pause: float, tell: Callable[[Step], None]) -> Advance:
    done, said = 0, monotonic()

    def advance(note: str = "") -> None:
        nonlocal done, said
        done += 1
        if done == steps or monotonic() - said >= pause:
            said = monotonic()
            tell(Step(title=title, done=done, steps=steps, note=note))

    return advance
