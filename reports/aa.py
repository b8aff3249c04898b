"""`weighbridge aa -- ARGUMENTS`: the same code against itself, for this machine's noise."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.armed import Arm, ArmFailed
from bench.errors import Misuse
from bench.files import check_target, write_atomically
from bench.parsing import positive, whole
from reports.ab import (
    INTERRUPTED,
    add_effort,
    arguments_of,
    effort_of,
    interruptible,
    open_book,
)
from reports.calibration import print_calibration
from reports.finding import CANNOT_TELL, PASSED
from reports.gate import EXITS, add_policy, answering
from reports.left import Left
from reports.naive import Naive, trials
from reports.noise import Noise, fit, fitted_policy
from reports.pairing import Pairing
from reports.pairs import Pair, units_of
from reports.policy import Policy, read_policy, written
from reports.resampled import NEEDED, Resampled, Store
from reports.stored import Book, outcome_json
from reports.trial import Trial

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

CURVE = (0.02, 0.03, 0.05, 0.10)
"""Slow-downs of the detection curve."""
MARK = "Fitted by `weighbridge aa`."


def add_aa(commands: Subparsers) -> None:
    """`weighbridge aa`."""
    parser = commands.add_parser(
        "aa",
        help="measure the same code against itself: noise, margins, false alarms",
        description="Measures one state of the code against itself, as `ab` does, fits the noise "
        "of this machine, writes margins that it allows into a policy, and tells how often the "
        "gate and the usual rules would have been wrong.",
        epilog=f"{EXITS}, {INTERRUPTED} interrupted",
    )
    add_effort(parser, Path("aa.json"))
    parser.add_argument("--pairs", default=str(NEEDED), metavar="N",
                        help=f"pairs of processes to fit the noise from ({NEEDED})")  # fmt: skip
    parser.add_argument("--repeats", default="0", metavar="N",
                        help="whole gates to run then, with the fitted policy (0)")  # fmt: skip
    parser.add_argument("--gates", default="300", metavar="N",
                        help="gates to resample from the stored pairs (300)")  # fmt: skip
    parser.add_argument("--write", type=Path, metavar="gate.toml",
                        help="where the fitted policy goes")  # fmt: skip
    add_policy(parser)
    parser.set_defaults(command=partial(answering, interruptible(aa)))


@dataclass(kw_only=True)
class Calibration:
    """Everything that an A/A found."""

    pairs: int
    cells: int
    noises: Sequence[Noise]
    policy: Policy
    repeats: list[Mapping[str, Any]] = field(default_factory=list)
    """Real gates: their outcomes and what they cost."""
    resampled_from: str = ""
    resampled: list[Resampled] = field(default_factory=list)
    naive: list[Naive] = field(default_factory=list)
    left: Sequence[Left] = ()
    """Selected cells that no noise is fitted of."""

    @property
    def alarms(self) -> int:
        """Real gates in which anything was called slower: all of them false."""
        called = (repeat["outcome"]["findings"] for repeat in self.repeats)
        return sum(any(one["verdict"] == "regressed" for one in found) for found in called)


def aa(chosen: argparse.Namespace) -> int:
    """Measure, fit, repeat, resample, show."""
    check_fitted(chosen.write)
    start, effort = read_policy(chosen.policy), effort_of(chosen)
    pairs, repeats = positive("pairs", chosen.pairs), whole("repeats", chosen.repeats)
    if pairs < 3:
        raise Misuse("--pairs must be at least 3: noise cannot be fitted from fewer")
    words = arguments_of(chosen)
    arms = (Arm(name="base", folder=None, arguments=words),
            Arm(name="head", folder=None, arguments=words))  # fmt: skip
    pairing = Pairing.of(arms, effort)
    left = pairing.left_of_times()
    if not pairing.cells:
        why = "".join(f"; {one}" for one in left)
        raise Misuse(f"no cell with a clock is selected that can be measured here{why}")
    pairing.check(start)
    book = open_book(chosen.output, pairing)
    found = calibrate(pairing, book, start, pairs)
    found.left = left
    if chosen.write:
        write_atomically(chosen.write, written(found.policy, _comment(found)))
    for number in range(repeats):
        found.repeats.append(repeat(pairing, book, found.policy, number))
    resample(found, book, positive("gates", chosen.gates))
    book.finish(_as_json(found))
    print_calibration(found)
    if chosen.write:
        print(f"the policy is in {chosen.write}")
    return CANNOT_TELL if found.alarms else PASSED


def calibrate(pairing: Pairing, book: Book, policy: Policy, count: int) -> Calibration:
    """`count` pairs on every cell, and the noise fitted from them."""
    taken = [_pair(pairing, book, number, count) for number in range(count)]
    if failed := {cell: why for pair in taken for cell, why in pair["failed"].items()}:
        cell, why = next(iter(failed.items()))
        raise ArmFailed(f"{cell} failed, and nothing is fitted from a part of the cells: {why}")
    units = units_of(taken, policy)
    if not units:
        raise Misuse("the policy leaves no timing to be tested by pairs")
    noises = fit(taken, units)
    fitted = fitted_policy(taken, noises, policy)
    return Calibration(pairs=count, cells=len(pairing.cells), noises=noises, policy=fitted)


def repeat(pairing: Pairing, book: Book, policy: Policy, number: int) -> dict[str, Any]:
    """One whole gate, its outcome and its cost."""
    trial = Trial(cells=pairing.cells, policy=policy, measure=pairing.measurer(book, number))
    trial.run()
    outcome = trial.outcome()
    print(f"gate {number + 1}: {outcome.sentence}; {trial.pairs_a_cell():.2f} pairs a cell")
    return {"outcome": outcome_json(outcome), "pairs_a_cell": trial.pairs_a_cell()}


def resample(found: Calibration, book: Book, count: int) -> None:
    """Gates and the usual rules on stored pairs: of the real gates, where those are enough."""
    enough = [(name, pool) for name, pool in _pools(book) if len(pool) >= NEEDED]
    if not enough:
        return
    name, pool = enough[0]
    units = units_of(pool, found.policy)
    store = Store.of(pool, units, found.policy)
    found.resampled_from = f"{len(pool)} pairs, {name}"
    found.resampled = [store.gates(count, by) for by in (0.0, *CURVE)]
    found.naive = [one for by in (0.0, *CURVE) for one in trials(pool, units, count, by)]


def _pools(book: Book) -> Iterator[tuple[str, list[Pair]]]:
    """Pairs on every cell; first those that no margin was fitted from."""
    gates = [pair for name, pair in book.pairs.items() if " screen " in name]
    yield "the real gates' screening", gates
    fitted = [pair for name, pair in book.pairs.items() if name.startswith("pair ")]
    yield "the same that the margins were fitted from", fitted


def check_fitted(path: Path | None) -> None:
    """Raises Misuse where a policy would take the place of one that somebody wrote."""
    if path is None:
        return
    check_target(path)
    if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace"):
        raise Misuse(f"{path} was not written by `weighbridge aa`, and is not replaced; name "
                     "another file with --write")  # fmt: skip


def _pair(pairing: Pairing, book: Book, number: int, count: int) -> Pair:
    name = f"pair {number}"
    if name in book.pairs:
        return book.pairs[name]
    title = f"A/A {number + 1} of {count}"
    return book.keep(name, pairing.pair(pairing.cells, name, title, count - number - 1))


def _comment(found: Calibration) -> str:
    return (
        f"{MARK} From {found.pairs} pairs of processes on {found.cells} cells.\n"
        "A margin is at least four persistent standard deviations of this machine."
    )


def _as_json(found: Calibration) -> dict[str, Any]:
    return {
        "noises": [asdict(noise) for noise in found.noises],
        "policy": written(found.policy),
        "repeats": found.repeats,
        "alarms": found.alarms,
        "resampled_from": found.resampled_from,
        "resampled": [asdict(one) for one in found.resampled],
        "naive": [asdict(one) for one in found.naive],
        "left_out": [one.as_json() for one in found.left],
    }
