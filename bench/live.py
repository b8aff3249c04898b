"""What the line on the terminal says: the variant being made, the cell being measured."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import pytest

from bench.cell import CELL
from bench.progress import Step
from bench.sampling import Plan
from bench.screen import Screen, screen_of

BAR = 12
TICK = 0.5
"""Seconds between two pictures of a recipe at work; nothing is timed meanwhile."""


class Cells:
    """Shows the cell that runs; a plugin of pytest while there is a screen.

    It writes when a cell begins, at the looks between its laps, and when it ends: never while the
    clock runs, and never from a thread.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._name = self._count = ""
        self._seen: list[float] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Loading a model may take a while."""
        with self.on(item, "loading"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Outside of capturing; what is shown is gone before anything is reported."""
        with self.on(item, "measuring"):
            return (yield)

    @contextmanager
    def on(self, item: pytest.Item, doing: str) -> Iterator[None]:
        """The line stands while the block runs."""
        if CELL not in item.stash:
            yield
            return
        items = item.session.items
        self._name, self._seen = item.stash[CELL].label, []
        self._count = f"cell {items.index(item) + 1} of {len(items)}" if item in items else ""
        self._screen.show([self._name, doing, self._count])
        try:
            yield
        finally:
            self._screen.clear()

    def looked(self, wanted: float) -> Callable[[int, float], None]:
        """For a Plan: hears of the looks at one cell's laps."""

        def told(laps: int, reached: float) -> None:
            self._seen.append(reached)
            narrowing = " › ".join(f"±{share:.1%}" for share in self._seen[-3:])
            parts = [f"{narrowing} of {wanted:.1%}", f"{laps} laps", self._count]
            self._screen.show([self._name, *parts])

        return told


CELLS = pytest.StashKey[Cells]()


def begin(config: pytest.Config) -> None:
    """Show cells from here on, where there is a screen."""
    if (screen := screen_of(config)) and CELLS not in config.stash:
        config.stash[CELLS] = Cells(screen)
        config.pluginmanager.register(config.stash[CELLS], "weighbridge-live")


def telling(config: pytest.Config, plan: Plan) -> Callable[[int, float], None]:
    """Who hears of the looks at a cell's laps."""
    cells = config.stash.get(CELLS, None)
    return cells.looked(plan.precision) if cells else plan.told


@contextmanager
def shown(config: pytest.Config, item: pytest.Item, doing: str) -> Iterator[None]:
    """The cell's line while a block runs that pytest's own hooks do not see."""
    cells = config.stash.get(CELLS, None)
    if cells is None:
        yield
        return
    with cells.on(item, doing):
        yield


@dataclass
class Making:
    """Shows how far a recipe has come, on the screen or in plain lines."""

    name: str
    screen: Screen | None
    say: Callable[[str], None]
    _began: float = field(default_factory=lambda: monotonic())
    _last: Step | None = None
    _since: float = 0.0
    """When its present piece of work began."""

    def __call__(self, step: Step | None = None) -> None:
        """At each step that it tells of, and every TICK seconds."""
        if step is not None:
            if self._last is None or step.title != self._last.title:
                self._since = monotonic()
            self._last = step
        if self.screen is not None:
            self.screen.show(self._parts())
        elif step is not None:
            self.say(step.line)

    def _parts(self) -> list[str]:
        took = _clock(monotonic() - self._began)
        if self._last is None:
            return [f"making {self.name}", took]
        last, spent = self._last, monotonic() - self._since
        parts = [f"making {self.name}", f"{last.title} {last.done}/{last.steps}"]
        if 0 < last.done < last.steps and spent >= 1:
            parts.append(f"{_clock(spent / last.done * (last.steps - last.done))} left")
        full = round(BAR * last.done / last.steps)
        return [*parts, "█" * full + "░" * (BAR - full), last.note, took]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
