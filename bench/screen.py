"""One line below pytest's own on a terminal: shown while something runs, gone before pytest prints.

No thread redraws it, as that would take time from what is measured. Rich's live displays have one,
and begin at a line's start, where pytest's cursor seldom is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pytest

SCREEN = pytest.StashKey["Screen | None"]()
ERASE = "\r\x1b[2K"
GAP = "  "
ELLIPSIS = "…"
OTHERS = ("log_cli_level", "setupshow", "setuponly", "setupplan", "usepdb", "trace")
"""Options of pytest under which it writes, or the user does, while a test runs."""


class Terminal(Protocol):
    """What is written to: pytest's own terminal, by a way that its capture does not close."""

    def write(self, text: str) -> None:
        """At once."""
        ...

    def columns(self) -> int:
        """How wide it is now."""
        ...

    def at(self) -> int:
        """How many characters pytest has written in its current line."""
        ...

    def bold(self, text: str) -> str:
        """The same, marked up where colours are wanted."""
        ...


@dataclass
class Screen:
    """The line; `show` writes it or over it, `clear` puts the cursor back where pytest left it."""

    terminal: Terminal
    _behind: int | None = None
    """The column to go back to; None while nothing is shown."""

    def show(self, parts: Sequence[str]) -> None:
        """As many of `parts` as fit, the first one always."""
        width = self.terminal.columns() - 1  # a full line would wrap
        first, *rest = fitting(parts, width)
        text = GAP.join([self.terminal.bold(first), *rest])
        if self._behind is not None:
            self.terminal.write(ERASE + text)
            return
        behind = self.terminal.at()
        if behind and behind % (width + 1) == 0:  # between two lines: there is no way back
            return
        self._behind = behind % (width + 1)
        self.terminal.write(("\r\n" if behind else "") + ERASE + text)

    def clear(self) -> None:
        """Nothing where nothing is shown."""
        if self._behind is None:
            return
        back = f"\x1b[1A\x1b[{self._behind}C" if self._behind else ""
        self._behind = None
        self.terminal.write(ERASE + back)


def fitting(parts: Sequence[str], width: int) -> list[str]:
    """The parts that fit into `width` characters, from the first on; it is cut where it must be."""
    first = "".join(sign if sign.isprintable() else " " for sign in parts[0])
    kept = [first if len(first) <= width else first[: max(width - 1, 0)] + ELLIPSIS]
    for part in parts[1:]:
        part = "".join(sign if sign.isprintable() else " " for sign in part)
        if part and len(GAP.join([*kept, part])) <= width:
            kept.append(part)
    return kept


def screen_of(config: pytest.Config) -> Screen | None:
    """The session's line; None where plain lines are wanted. Asked for first while none captures.

    Plain are: no terminal, CI, -q, and whatever else writes on the screen while a cell runs.
    """
    if SCREEN not in config.stash:
        config.stash[SCREEN] = Screen(_Ours(config)) if _wanted(config) else None
    return config.stash[SCREEN]


def _wanted(config: pytest.Config) -> bool:
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or not reporter.isatty or config.get_verbosity() < 0:
        return False
    if os.environ.get("CI") or os.environ.get("TERM", "dumb") == "dumb":
        return False
    if config.getoption("capture", "fd") in ("no", "tee-sys") or config.getini("log_cli"):
        return False
    return not any(config.getoption(other, None) for other in OTHERS)


class _Ours:
    """pytest's terminal by a file descriptor of our own, which capturing leaves open."""

    def __init__(self, config: pytest.Config) -> None:
        self._writer = config.get_terminal_writer()
        self._writer.flush()
        self._file = os.dup(sys.stdout.fileno())
        config.add_cleanup(lambda: os.close(self._file))

    def write(self, text: str) -> None:
        """Past Python's buffers, which pytest has emptied by then."""
        os.write(self._file, text.encode(errors="replace"))

    def columns(self) -> int:
        """The terminal's own answer: pytest takes less than 40 for a mistake."""
        said = os.environ.get("COLUMNS", "")
        if said.isdecimal() and int(said):
            return int(said)
        return os.get_terminal_size(self._file).columns or 80

    def at(self) -> int:
        """As pytest counts it."""
        return self._writer.width_of_current_line

    def bold(self, text: str) -> str:
        """As pytest has it, so that NO_COLOR and --color hold here too."""
        return self._writer.markup(text, bold=True)
