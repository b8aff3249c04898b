"""The packages' energy counters, from a powercap folder written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import rapl


@pytest.fixture
def powercap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(rapl, "_POWERCAP", tmp_path)
    return tmp_path


def zone(folder: Path, name: str, count: int | None, top: int = 1_000_000) -> None:
    """One domain as the kernel shows it; no counter: it may not be read."""
    folder.mkdir()
    (folder / "name").write_text(f"{name}\n")
    (folder / "max_energy_range_uj").write_text(f"{top}\n")
    if count is not None:
        (folder / "energy_uj").write_text(f"{count}\n")


def test_packages_are_counted_once_and_nothing_else(powercap: Path) -> None:
    """Cores are within their package, psys holds the packages, mmio shows them again."""
    zone(powercap / "intel-rapl:0", "package-0", 100)
    zone(powercap / "intel-rapl:0:0", "core", 60)
    zone(powercap / "intel-rapl:0:1", "dram", 10)
    zone(powercap / "intel-rapl:1", "package-1", 200)
    zone(powercap / "intel-rapl:2", "psys", 900)
    zone(powercap / "intel-rapl-mmio:0", "package-0", 100)
    found = rapl.packages()
    assert found is not None
    assert found.read() == (100, 200)


def test_joules_with_and_without_a_counter_that_began_anew(powercap: Path) -> None:
    zone(powercap / "intel-rapl:0", "package-0", 0, top=1_000_000)
    zone(powercap / "intel-rapl:1", "package-1", 0, top=500_000)
    found = rapl.packages()
    assert found is not None
    assert found.joules((100_000, 100), (300_000, 100)) == pytest.approx(0.2)
    assert found.joules((900_000, 400_000), (100_000, 0)) == pytest.approx(0.2 + 0.1)


def test_a_counter_that_only_root_may_read(powercap: Path) -> None:
    zone(powercap / "intel-rapl:0", "package-0", 100)
    zone(powercap / "intel-rapl:1", "package-1", None)
    assert rapl.packages() is None, "half of the packages is not the machine"


def test_without_powercap(powercap: Path) -> None:
    assert rapl.packages() is None


def test_a_counter_that_falls_silent(powercap: Path) -> None:
    zone(powercap / "intel-rapl:0", "package-0", 100)
    found = rapl.packages()
    assert found is not None
    (powercap / "intel-rapl:0" / "energy_uj").unlink()
    assert found.read() is None
