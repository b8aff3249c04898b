"""Shows how far a long piece of work has come: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

EVERY = 10.0
"""Seconds between plain lines."""


class Advance(Protocol):
    """Called after each step, with a word on how it went."""

    def __call__(self, note: str = "") -> None: ...


@contextmanager
def progress(title: str, steps: int) -> Iterator[Advance]:
    """`with progress("training", 100) as advance:` — one `advance()` a step."""
    if sys.stderr.isatty():
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
    done, said = 0, monotonic()

    def advance(note: str = "") -> None:
        nonlocal done, said
        done += 1
        if done == steps or monotonic() - said >= EVERY:
            said = monotonic()
            print(f"{title} {done}/{steps} {note}".rstrip(), file=sys.stderr, flush=True)

    return advance
