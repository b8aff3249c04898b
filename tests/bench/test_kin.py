"""Which processes are ours, and the processor time that they used."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import kin
from bench.process import PARENT

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
BURN = """
import sys, time
while time.process_time() < 0.3: pass
print("done", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """One that has used 0.3 s of processor time and lives on."""
    with subprocess.Popen(
        [sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout
        started.stdout.readline()
        yield started


@linux
def test_a_childs_time_counts_while_it_lives_and_after(child: subprocess.Popen[str]) -> None:
    alive = kin.cpu_seconds()
    ours = os.times()
    assert alive >= ours.user + ours.system + ours.children_user + ours.children_system + 0.2
    child.communicate()
    assert kin.cpu_seconds() >= alive - 0.05, "ticks round, but nothing is lost when it ends"


@linux
def test_who_is_ours(child: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PARENT, raising=False)
    assert kin.is_ours(os.getpid())
    assert kin.is_ours(child.pid)
    assert not kin.is_ours(os.getppid())
    assert not kin.is_ours(4_000_000_000)
    monkeypatch.setenv(PARENT, str(os.getppid()))
    assert kin.is_ours(os.getppid())


@pytest.mark.parametrize(
    ("namespace", "expected"), [("pid:[4026531836]", True), ("pid:[4026532201]", False)]
)
def test_a_container_has_ids_of_its_own(
    namespace: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pid").symlink_to(namespace)
    monkeypatch.setattr(kin, "_NAMESPACE", tmp_path / "pid")
    assert kin.sees_all_processes() is expected


def test_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kin, "_PROC", tmp_path / "none")
    monkeypatch.setattr(kin, "_NAMESPACE", tmp_path / "none" / "pid")
    assert kin.sees_all_processes()
    assert kin.is_ours(os.getpid())
    assert not kin.is_ours(1)
    assert kin.cpu_seconds() > 0


def test_a_name_with_blanks_and_brackets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = " ".join(str(n) for n in range(5, 40))
    (tmp_path / "77").mkdir()
    (tmp_path / "77" / "stat").write_text(f"77 (a b) c) (d) S {os.getpid()} {fields}\n")
    monkeypatch.setattr(kin, "_PROC", tmp_path)
    assert kin.is_ours(77)
