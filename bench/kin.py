"""Which processes belong to this session, and the processor time that they used (Linux)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from bench.process import PARENT

_PROC = Path("/proc")
_NAMESPACE = Path("/proc/self/ns/pid")
_FIRST_NAMESPACE = "pid:[4026531836]"
"""The kernel's constant for the namespace of the machine itself (PROC_PID_INIT_INO)."""


def sees_all_processes() -> bool:
    """Whether process ids here are those of the machine: False in a container."""
    try:
        return os.readlink(_NAMESPACE) == _FIRST_NAMESPACE
    except OSError:  # no Linux, so no such namespaces
        return not _PROC.exists()


def is_ours(pid: int) -> bool:
    """Whether `pid` is this process, the session that started it, or a child of either."""
    roots = {os.getpid(), int(os.environ.get(PARENT, 0))} - {0}
    for _ in range(64):
        if pid in roots:
            return True
        fields = _stat(pid)
        if fields is None or pid <= 1:
            return False
        pid = int(fields[1])
    return False


def cpu_seconds() -> float:
    """Processor time of this process and all its children, those that have ended included."""
    ended = os.times()
    own = time.process_time() + ended.children_user + ended.children_system
    return own + sum(_seconds(pid) for pid in _below(os.getpid()))


def _below(pid: int) -> Iterator[int]:
    """The children that live, and theirs."""
    for file in (_PROC / str(pid) / "task").glob("*/children"):
        try:
            children = [int(word) for word in file.read_text().split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from _below(child)


def _seconds(pid: int) -> float:
    fields = _stat(pid)
    if fields is None:
        return 0.0
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name, which may itself hold blanks and brackets."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
