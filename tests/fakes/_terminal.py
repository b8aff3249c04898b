"""A terminal: what stands on it after it was written to, and a session that runs on one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.fakes import _project

CODE = re.compile(r"\x1b\[(\d*)([A-Za-z])")


class Paper:
    """Lines without end, `width` wide, that know as much of a terminal's codes as we write."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[list[str]] = [[]]
        self.row = self.column = 0

    def write(self, text: str) -> None:
        at = 0
        while at < len(text):
            if found := CODE.match(text, at):
                self._obey(found[2], int(found[1] or 1))
                at = found.end()
                continue
            self._put(text[at])
            at += 1

    @property
    def shown(self) -> list[str]:
        found = ["".join(line).rstrip() for line in self.lines]
        while found and not found[-1]:
            found.pop()
        return found

    def _obey(self, code: str, count: int) -> None:
        if code == "A":
            self.row = max(self.row - count, 0)
            self.column = min(self.column, self.width - 1)
        elif code == "C":
            self.column = min(self.column + count, self.width - 1)
        elif code == "K":
            assert count == 2
            self.lines[self.row] = []
        else:
            assert code == "m", code

    def _put(self, sign: str) -> None:
        if sign == "\r":
            self.column = 0
        elif sign == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append([])
        else:
            if self.column == self.width:  # it wraps with the next sign, not before
                self._put("\r")
                self._put("\n")
            line = self.lines[self.row]
            line += " " * (self.column + 1 - len(line))
            line[self.column] = sign
            self.column += 1


def on_a_terminal(
    folder: Path, words: Sequence[str], width: int, env: Mapping[str, str]
) -> tuple[int, str]:
    """The exit code, and everything that a session of the suites wrote on a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    kept = {key: value for key, value in _project.environment().items() if key != "COLUMNS"}
    for key in ("CI", "BUILD_NUMBER", "NO_COLOR", "FORCE_COLOR", "PY_COLORS"):
        kept.pop(key, None)
    session = subprocess.Popen(
        _project.command(*words),
        cwd=folder, env={**kept, "TERM": "xterm", **env}, stdout=theirs, stderr=theirs,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 65536):
            seen += piece
    except OSError:  # Linux: the other end is closed
        pass
    os.close(ours)
    return session.wait(), seen.decode(errors="replace")
