"""The processor packages' own energy counters, where Linux lets us read them (RAPL)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True, kw_only=True)
class Zone:
    """One package's counter: micro-joules that start anew at `range_uj`."""

    counter: Path
    range_uj: int


@dataclass(frozen=True, kw_only=True)
class Packages:
    """All packages of the machine; their memory is not among them."""

    zones: tuple[Zone, ...]

    def read(self) -> tuple[int, ...] | None:
        """The counters; None as soon as one cannot be read (since 2020 only root may)."""
        found = [_number(zone.counter) for zone in self.zones]
        known = tuple(count for count in found if count is not None)
        return known if known and len(known) == len(found) else None

    def joules(self, before: Sequence[int], after: Sequence[int]) -> float:
        """Energy between two readings less than one round of the counters apart (minutes)."""
        rows = zip(self.zones, before, after, strict=True)
        return sum((b - a) % zone.range_uj for zone, a, b in rows) / 1e6


def packages() -> Packages | None:
    """The machine's packages, each once; None where their counters cannot be read."""
    zones = []
    for folder in sorted(_POWERCAP.glob("intel-rapl:*")):  # AMD's too, in spite of the name
        whole = re.fullmatch(r"intel-rapl:\d+", folder.name)  # the parts are within their whole
        if not whole or not _text(folder / "name").startswith("package"):
            continue
        top = _number(folder / "max_energy_range_uj")
        if top is None or top <= 0:
            return None
        zones.append(Zone(counter=folder / "energy_uj", range_uj=top))
    found = Packages(zones=tuple(zones))
    return found if found.read() is not None else None


def _number(file: Path) -> int | None:
    said = _text(file)
    return int(said) if said.isdecimal() else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
