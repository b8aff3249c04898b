"""The peak of an allocation that is known to the byte."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from bench.metrics import memory
from bench.metrics.memory import host_peak_of, peak_bytes, reset_peak, resident_bytes

SIZE = 64 << 20
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@linux
def test_the_peak_holds_what_was_held_and_no_longer() -> None:
    before = resident_bytes()
    peak = host_peak_of(lambda: bytes(b"x" * SIZE))
    assert before is not None
    assert peak is not None
    assert peak - before + (2 << 20) >= SIZE
    assert peak - before < 2 * SIZE
    after = host_peak_of(lambda: None)
    assert after is not None
    assert after < peak - SIZE // 2


@linux
def test_resident_is_what_the_kernel_counts() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    found = resident_bytes()
    assert found is not None
    assert abs(found - pages * os.sysconf("SC_PAGE_SIZE")) < 8 << 20


HEAP = """
import ctypes
from bench.metrics.memory import release_at_once, resident_bytes

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p

def block(size):
    found = ctypes.c_void_p(libc.malloc(size))
    ctypes.memset(found, 1, size)
    return found

if {released}:
    release_at_once()
libc.free(block(24 << 20))  # glibc: from now on blocks below 24 MiB come from the heap
before = resident_bytes()
large = block(16 << 20)
above = block(1 << 12)
libc.free(large)
print(resident_bytes() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc's heap")
@pytest.mark.parametrize(("released", "kept"), [(False, 16 << 20), (True, 0)])
def test_what_is_freed_below_something_is_kept_unless_released(released: bool, kept: int) -> None:
    command = [sys.executable, "-c", HEAP.format(released=released)]
    found = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert abs(found - kept) < 1 << 20


def test_what_is_not_known_is_left_out() -> None:
    assert memory.above(10, [15, None, 17]) == [5, 7]
    assert memory.above(None, [15, 17]) == []


def test_where_the_system_cannot_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "none")
    monkeypatch.setattr(memory, "_CLEAR", tmp_path / "none" / "below")
    calls: list[int] = []
    assert not reset_peak()
    assert peak_bytes() is None
    assert resident_bytes() is None
    assert host_peak_of(lambda: calls.append(1)) is None
