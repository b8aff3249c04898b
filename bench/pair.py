"""A pair of processes that live at once and take turns, by a token that one of them holds."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bench.armed import Arm, ArmFailed, Side
from bench.control import CONTROL
from bench.record import FIGURED
from bench.sampling import SHORTEST

SETTLE = 2e-3
"""Seconds between two turns: threads that spin after their work then sleep, in the one arm, before
the other's turn begins."""
MOST_LAPS = 64
Turns = dict[str, dict[str, list[float]]]
"""By metric: the turns of `base` and of `head`, in seconds and in order."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is measured in a pair."""

    blocks: int = 8
    """Of four turns each."""
    turn: float = 0.02
    """Seconds that a turn lasts at least."""


@dataclass(kw_only=True)
class Paired:
    """What one pair of processes has shown."""

    cells: dict[str, Turns] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Cells without figures: which arm, and why."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"cells": self.cells, "failed": self.failed}


def run_pair(
    arms: tuple[Arm, Arm], cells: Sequence[str], effort: Effort, seed: str
) -> Iterator[tuple[str, Paired]]:
    """Measure `cells` in one fresh pair: after each, its name and all that is known so far.

    The control cell comes first and last. A process that dies takes its cell with it; the rest
    get a fresh pair. Raises ArmFailed where a pair dies before its first cell.
    """
    found, left = Paired(), list(cells)
    while True:
        begun = 0
        try:
            with TemporaryDirectory(prefix="weighbridge-") as folder:
                pair = _Pair(arms, left, Path(folder), effort)
                for label in pair.measure(found, Random(seed)):
                    begun += 1
                    left = [cell for cell in left if cell != label]
                    yield label, found
            return
        except ArmFailed as why:
            if not begun or not left:
                raise
            found.failed[left[0]] = str(why)
            yield left.pop(0), found
            if not left:
                return


class _Pair:
    def __init__(
        self, arms: tuple[Arm, Arm], cells: Sequence[str], folder: Path, effort: Effort
    ) -> None:
        self._arms, self._cells, self._folder, self._effort = arms, cells, folder, effort

    def measure(self, found: Paired, dice: Random) -> Iterator[str]:
        """Cell by cell, the control cell first and last. Raises ArmFailed."""
        listed = self._folder / "cells.json"
        listed.write_text(json.dumps(list(self._cells)))
        order = self._arms if dice.random() < 0.5 else self._arms[::-1]
        sides: dict[str, Side] = {}
        try:
            for arm in order:
                sides[arm.name] = Side.start(arm, listed, self._folder)
            base, head = sides["base"], sides["head"]
            for label in (CONTROL, *self._cells, CONTROL):
                self._cell(label, (base, head), found, dice)
                yield label
            _drop_disproved(found, base.hear(), head.hear())
        finally:
            for side in sides.values():
                side.end()

    def _cell(self, label: str, sides: tuple[Side, Side], found: Paired, dice: Random) -> None:
        """Both arms reach the cell, take their turns, and tell what they saw."""
        told = [_next(side, label) for side in sides]
        if all("at" in said for said in told):
            plan = self._plan(sides)
            for _ in range(self._effort.blocks):
                self._block(sides, plan, swapped=dice.random() < 0.5)
            for side in sides:
                side.tell("end")
            told = [side.hear() for side in sides]
        else:
            for at, (side, said) in enumerate(zip(sides, told, strict=True)):
                if "at" in said:
                    side.tell("skip", why="the other arm failed")
                    side.hear()
                    told[at] = {"end": {}}
        _keep(label, sides, told, found)

    def _plan(self, sides: tuple[Side, Side]) -> dict[str, int]:
        """Both arms do the same work in a turn, by the slower one's speed."""
        warm = []
        for side in sides:
            side.tell("warm", seconds=self._effort.turn)
            warm.append(side.hear())
            time.sleep(SETTLE)
        took = max(max(said["took"] for said in warm), 1e-9)
        ticked = any(said["ticked"] for said in warm)
        repeats = 1 if ticked else max(1, math.ceil(SHORTEST / took))
        laps = math.ceil(self._effort.turn / (repeats * took))
        return {"laps": min(max(laps, 1), MOST_LAPS), "repeats": repeats}

    def _block(self, sides: tuple[Side, Side], plan: dict[str, int], swapped: bool) -> None:
        one, other = sides[::-1] if swapped else sides
        for side in (one, other, other, one):
            side.tell("turn", **plan)
            side.hear()
            time.sleep(SETTLE)


def _next(side: Side, label: str) -> dict[str, Any]:
    """What an arm says of the cell that is due."""
    said = side.hear()
    at = said.get("at", label)
    if "over" in said or at != label:
        raise ArmFailed(f"{side.arm.name}: {label} was due, and it came to {at!r} or its end")
    return said


def _keep(label: str, sides: tuple[Side, Side], told: list[dict[str, Any]], found: Paired) -> None:
    """The turns of every metric in seconds that both arms have; or why there are none."""
    ends = [said.get("end") or {} for said in told]
    for side, ended in zip(sides, ends, strict=True):
        if ended.get("status", FIGURED[0]) not in FIGURED:
            why = f"{side.arm.name}: {ended['status']}: {ended.get('message') or 'no reason given'}"
            found.failed.setdefault(label, why)
    if label in found.failed:
        return
    seen = [_turns(ended) for ended in ends]
    if not seen[0] or not seen[1]:
        found.failed[label] = "it told of no turn"
        return
    turns = found.cells.setdefault(label, {})
    for metric in seen[0].keys() & seen[1].keys():
        both = turns.setdefault(metric, {"base": [], "head": []})
        both["base"] += seen[0][metric]
        both["head"] += seen[1][metric]


def _turns(ended: dict[str, Any]) -> dict[str, list[float]]:
    """By metric: a turn's figure is the median of its laps."""
    if "laps" in ended:
        return {CONTROL: _medians(ended["laps"], ended["each"])}
    each = ended.get("facts", {}).get("laps_in_a_turn")
    whole = {
        name: value["samples"]
        for name, value in ended.get("values", {}).items()
        if value["kind"] == "timing" and value["unit"] == "s"
    }
    if not each or not whole:
        return {}
    laps = max(map(len, whole.values()))  # a suite's own figures may have been taken otherwise
    return {name: _medians(all_, each) for name, all_ in whole.items() if len(all_) == laps}


def _medians(laps: Sequence[float], each: int) -> list[float]:
    return [median(laps[at : at + each]) for at in range(0, len(laps), each)]


def _drop_disproved(found: Paired, *ended: dict[str, Any]) -> None:
    """A variant that is not what its name says has no figures."""
    for said in ended:
        for variant, why in said.get("disproved", {}).items():
            for label in [cell for cell in found.cells if f"[{variant}-" in cell]:
                del found.cells[label]
                found.failed[label] = f"proof_failed: {why}"
