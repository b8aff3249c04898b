"""A memory budget: what is read as one, and a process that is really held to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench import confine as room
from bench.confine import bytes_of, confine, default_budget, free_bytes, usable_bytes
from bench.errors import Misuse
from tests.fakes import _project


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2GiB", 2 * 1024**3), ("2 GB", 2 * 10**9), ("500MB", 5 * 10**8), ("1.5 gib", 1610612736),
        ("1024", 1024), ("1kb", 1000), ("1KiB", 1024), (" 3 TiB ", 3 * 1024**4), ("7B", 7),
    ],
)  # fmt: skip
def test_sizes(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize(
    "text", ["", "lots", "GiB", "0", "0GiB", "0.1B", "-1GiB", "1e9", "1GiBs", "1,5GiB", "2G", "inf"]
)
def test_nonsense_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(Misuse, match="is no size such as 2GiB or 500MB") as found:
        bytes_of(text)
    assert "\n" not in str(found.value)


def test_the_default_is_a_quarter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(room, "memory_bytes", lambda: 8000)
    monkeypatch.setattr(room, "_CGROUP", tmp_path / "memory.max")
    assert (usable_bytes(), default_budget("cpu")) == (8000, 2000)
    (tmp_path / "memory.max").write_text("max\n")
    assert usable_bytes() == 8000
    (tmp_path / "memory.max").write_text("4000\n")
    assert (usable_bytes(), default_budget("cpu")) == (4000, 1000)
    monkeypatch.setattr(room, "gpu", lambda _: {"memory_bytes": 400})
    assert default_budget("cuda") == 100
    monkeypatch.setattr(room, "gpu", lambda _: None)
    assert default_budget("cuda") is None


def test_free_memory_is_read_from_the_system(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(room, "_MEMINFO", tmp_path / "meminfo")
    assert free_bytes() is None
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    7 kB\n")
    assert free_bytes() == 7 * 1024


def test_a_device_is_not_limited_here() -> None:
    assert confine("cuda", 1).full is None


HOLD = """
import sys
from bench.confine import confine
held = confine("cpu", int(sys.argv[1]) * 2**20)
if held.full:
    print("full"); sys.exit()
block = bytearray(int(sys.argv[2]) * 2**20)
print("fits", held.peak(None) // 2**20 <= int(sys.argv[1]))
"""


def hold(budget: int, block: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", HOLD, str(budget), str(block)],
        env=_project.environment(), capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_DATA holds on Linux")
def test_a_process_is_held_to_its_budget() -> None:
    assert hold(200, 20) == "fits True"
    assert hold(200, 200) == "MemoryError"
    assert hold(1, 1) == "full"
