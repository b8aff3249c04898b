"""Two arms on this machine: what both can measure, and fresh pairs of processes on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from time import monotonic
from typing import Any

from bench.arm import SKIPPED
from bench.armed import Arm, survey
from bench.control import CONTROL
from bench.errors import Misuse
from bench.measure import metrics
from bench.pair import Effort, Paired, run_pair
from bench.progress import progress
from reports.hardware import traits
from reports.left import DUEL, NO_TIME, Left, grouped
from reports.pairs import Pair, variant_of
from reports.policy import Policy
from reports.stored import Book
from reports.terms import Subject
from reports.trial import Measurer, Phase
from reports.verdict import CONFIRM, SCREEN, Verdict

TOTALS: Mapping[Phase, int] = {"screen": SCREEN, "confirm": CONFIRM}
AWAY = ("artifacts",)
"""Settings that move no figure."""


@dataclass(kw_only=True)
class Pairing:
    """Both arms, surveyed."""

    arms: tuple[Arm, Arm]
    effort: Effort
    cells: Sequence[str]
    absent: Mapping[str, tuple[Verdict, str]]
    same: Mapping[str, Any]
    """What decides a figure, for the journal."""
    clockless: Sequence[str] = ()
    """Cells without a clock that either arm can measure."""
    left: Sequence[Left] = ()
    """Selected cells that take no part, with the reasons."""

    @classmethod
    def of(cls, arms: tuple[Arm, Arm], effort: Effort) -> Pairing:
        """Make what both need, and see what both have. Raises Misuse, ArmFailed."""
        base = survey(arms[0])
        head = base if arms[0].folder == arms[1].folder and _alike(*arms) else survey(arms[1])
        if base["settings"].get("profile") or head["settings"].get("profile"):
            raise Misuse("times under --profile are compared with nothing; drop it, here and in "
                         "WEIGHBRIDGE_PROFILE")  # fmt: skip
        known = (base["cells"], head["cells"])
        common = [cell for cell, why in known[0].items() if why is None and _can(known[1], cell)]
        still = (base["clockless"], head["clockless"])
        clockless = sorted({cell for side in still for cell in side if _can(side, cell)})
        return cls(
            arms=arms,
            effort=effort,
            cells=common,
            absent={**_absent(*known), **_unmade(*known), **_unmade(*still)},
            clockless=clockless,
            left=_left(base, head),
            same={
                "pytest's arguments": list(arms[0].arguments),
                "effort": asdict(effort),
                "interpreters": [arm.python for arm in arms],
                "the base": base["made"],
                "the head": head["made"],
                "settings": [_settings(about) for about in (base, head)],
                "machine": traits(base["machine"]),
                "Weighbridge's code": base["code"],
                "cells": common,
                "cells without a clock": clockless,
            },
        )

    def check(self, policy: Policy) -> None:
        """Raises Misuse where the policy fits nothing here, or asks for what cannot be."""
        subjects = [
            Subject(cell=cell, variant=variant_of(cell), metric=name, kind=m.kind, unit=m.unit)
            for cell in {**dict.fromkeys((*self.cells, *self.clockless)), **self.absent}
            for name, m in metrics().items()
        ]
        policy.check(subjects)
        for subject in subjects:
            policy.terms(subject)

    def left_of_times(self) -> list[Left]:
        """What takes no part where times alone are looked at."""
        still = [Left(why=NO_TIME, cells=self.clockless)] if self.clockless else []
        gone = grouped({cell: why for cell, (_, why) in self.absent.items()})
        return [*self.left, *gone, *still]

    def measurer(self, book: Book, gate: int = 0) -> Measurer:
        """Takes a pair from the book, or measures it and keeps it there."""

        def measure(phase: Phase, number: int, cells: Sequence[str]) -> Pair:
            name = f"gate {gate} {phase} {number}"
            known = book.pairs.get(name)
            wanted = [cell for cell in cells if cell != CONTROL]
            if known and {*wanted} <= {*known["cells"], *known["failed"]}:
                return known
            title = f"{phase} {number + 1} of {TOTALS[phase]}"
            return book.keep(name, self.pair(wanted, name, title, TOTALS[phase] - number - 1))

        return measure

    def pair(self, cells: Sequence[str], seed: str, title: str, more: int) -> Pair:
        """One fresh pair on `cells`; `more` like it are to come. Raises ArmFailed."""
        ordered, found, began = in_order(cells, seed), Paired(), monotonic()
        with progress(title, len(ordered) + 2) as advance:
            for done, (_, so_far) in enumerate(
                run_pair(self.arms, ordered, self.effort, seed), start=1
            ):
                found = so_far
                pace = (monotonic() - began) / done
                left = pace * (len(ordered) + 2 - done) + more * pace * (len(ordered) + 2)
                advance(f"about {_time(left)} left")
        return found.as_json()


def in_order(cells: Sequence[str], seed: str) -> list[str]:
    """Shuffled, the cells of a variant together, so that it is loaded once."""
    dice = Random(seed)
    variants = sorted({variant_of(cell) for cell in cells})
    dice.shuffle(variants)
    found: list[str] = []
    for variant in variants:
        own = sorted(cell for cell in cells if variant_of(cell) == variant)
        dice.shuffle(own)
        found += own
    return found


def _alike(one: Arm, other: Arm) -> bool:
    return one.python == other.python and list(one.arguments) == list(other.arguments)


def _can(cells: Mapping[str, str | None], cell: str) -> bool:
    return cell in cells and cells[cell] is None


def _absent(
    base: Mapping[str, str | None], head: Mapping[str, str | None]
) -> dict[str, tuple[Verdict, str]]:
    found: dict[str, tuple[Verdict, str]] = {}
    for cell in (cell for cell in base if _can(base, cell) and not _can(head, cell)):
        found[cell] = ("missing", head.get(cell) or "the head has no such cell")
    for cell in (cell for cell in head if _can(head, cell) and not _can(base, cell)):
        found[cell] = ("new", base.get(cell) or "the base has no such cell")
    return found


def _left(base: Mapping[str, Any], head: Mapping[str, Any]) -> tuple[Left, ...]:
    """Cells that no arm measures: of a kind that is not for pairs, or skipped in both."""
    reasons = {cell: DUEL for about in (base, head) for cell in about["duels"]}
    for kind in ("cells", "clockless"):
        neither = _neither(base[kind], head[kind])
        reasons.update((cell, why) for cell, why in neither.items() if why.startswith(SKIPPED))
    return grouped(reasons)


def _unmade(
    base: Mapping[str, str | None], head: Mapping[str, str | None]
) -> dict[str, tuple[Verdict, str]]:
    """Cells that failed in both before they began: nobody chose to do without them."""
    neither = _neither(base, head)
    return {cell: ("missing", why) for cell, why in neither.items() if not why.startswith(SKIPPED)}


def _neither(base: Mapping[str, str | None], head: Mapping[str, str | None]) -> dict[str, str]:
    """Cells that neither arm can measure, with the head's reason where it has one."""
    known = {**base, **head}
    return {cell: why for cell, why in known.items() if why and not _can(base, cell)}


def _settings(about: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in about["settings"].items() if key not in AWAY}


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def refuse_nothing(pairing: Pairing) -> None:
    """Raises Misuse where no cell is selected in either arm."""
    if not pairing.cells and not pairing.absent and not pairing.clockless:
        left = "".join(f"; {left}" for left in pairing.left)
        raise Misuse(f"no cell is selected that can be measured here and compared{left}")
