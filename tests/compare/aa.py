"""The gate on this machine, on 60 tiny cells: python -m tests.compare.aa FOLDER

First an A/A: the noise, the fitted policy, whole gates repeated for real, gates resampled. Then a
variant that really works longer in the head: gates resampled from stored pairs of processes, so
conditional on these pairs, and whole gates. Everything is kept in FOLDER, and the same command
goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from statistics import fmean

from bench.armed import Arm
from bench.control import CONTROL
from bench.pair import Effort
from reports.__main__ import main as weighbridge
from reports.pairing import Pairing
from reports.pairs import Pair
from reports.policy import Policy, read_policy
from reports.resampled import NEEDED, Bound
from reports.stored import Book
from reports.trial import Measurer, Phase, Trial
from reports.verdict import SCREEN

ROOT = Path(__file__).parents[2]
INI = "[pytest]\naddopts = -p no:cacheprovider\nbench_variants = slowed\n"
SLOWED = "slow"
VARIANTS = ("teacher", "half", "int8", "int4", SLOWED)
WORDS = ("-pbench.plugin", "-preports.plugin", "--pyargs", "suites", "--teacher=tiny",
         "--artifacts=made", f"--variant={','.join(VARIANTS)}", "--batch=1,2,4", "--prompt=8,32",
         "--new=8", "--device=cpu", "--threads=1", "-k", "decode or prefill")  # fmt: skip
"""Six decode and six prefill cells of five variants; one thread, so that one processor is left
for whatever else the machine does."""
CODE = '''"""slow: the teacher, whose steps take {share:.0%} longer, by work and not by sleep."""

from pathlib import Path
from time import perf_counter

from bench import Model, Place, Variant

SHARE = {share}


def load(folder: Path, place: Place) -> Model:
    """The teacher's own model in a wrapper."""
    from variants.runtimes.plain import load_plain

    return Longer(load_plain(folder, place, place.teacher_dtype))


class Longer:
    """Whatever it wraps, with longer steps."""

    def __init__(self, inner):
        self._inner = inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def first_token(self, prompt):
        return self.generate(prompt, 1)

    def generate(self, prompt, new_tokens, tick=None):
        last = perf_counter()

        def longer():
            nonlocal last
            now = perf_counter()
            while perf_counter() - now < SHARE * (now - last):
                pass
            if tick is not None:
                tick()
            last = perf_counter()

        return self._inner.generate(prompt, new_tokens, longer)


slow = Variant(
    name="slow",
    summary="the teacher with longer steps",
    base="teacher",
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
)
'''


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says."""

    pairs: int
    repeats: int
    slower: tuple[int, ...]
    gates: int
    real: int
    effort: Effort


def main(words: list[str]) -> int:
    """Lay out, run the A/A, then the slowed heads; the A/A's exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.compare.aa")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--slower", default="5,10", help="percents, such as 5,10; empty for none")
    parser.add_argument("--gates", type=int, default=300, help="resampled from the slowed pairs")
    parser.add_argument("--real", type=int, default=20, help="whole gates with a slowed head")
    parser.add_argument("--blocks", type=int, default=8)
    parser.add_argument("--turn", type=float, default=0.02, help="seconds")
    said = parser.parse_args(words)
    if said.slower and said.pairs < NEEDED:
        parser.error(f"--pairs must be at least {NEEDED}, or no gate can be drawn from them")
    asked = Asked(
        pairs=said.pairs,
        repeats=said.repeats,
        slower=tuple(int(word) for word in said.slower.split(",") if word),
        gates=said.gates,
        real=said.real,
        effort=Effort(blocks=said.blocks, turn=said.turn),
    )
    lay_out(said.folder.resolve(), asked.slower)
    os.chdir(said.folder)
    code = weighbridge(
        ["aa", f"--pairs={asked.pairs}", f"--repeats={asked.repeats}", "--write=gate.toml",
         f"--blocks={asked.effort.blocks}", f"--turn={asked.effort.turn}", "--", *WORDS]
    )  # fmt: skip
    for percent in asked.slower if code in (0, 11) else ():
        slowed(percent, asked, read_policy(Path("gate.toml")))
    return code


def lay_out(folder: Path, slower: tuple[int, ...]) -> None:
    """The project, its tiny seeded teacher, and a folder of variants for every slow-down."""
    folder.mkdir(parents=True, exist_ok=True)
    sys.path.append(str(folder))
    (folder / "pytest.ini").write_text(INI)
    for percent in (0, *slower):
        package = (folder / f"slower{percent}" if percent else folder) / "slowed"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text('"""Variants of this measurement."""\n')
        (package / "slow.py").write_text(CODE.format(share=percent / 100))
    if not (folder / "tiny").is_dir():
        from tests.variants.tiny import checkpoint

        checkpoint(folder / "tiny", "gpt2")


@dataclass(frozen=True, kw_only=True)
class Called:
    """What one gate with a slowed head has said, and what it cost."""

    hits: int
    """Figures of the slowed variant that it calls slower, of `figures`."""
    figures: int
    blocks: bool
    """Whether the slowed variant blocks, by a figure or by its tier."""
    others: bool
    """Whether anything else is called slower."""
    pairs_a_cell: float

    @classmethod
    def of(cls, cells: Sequence[str], policy: Policy, measure: Measurer) -> Called:
        """One whole gate."""
        trial = Trial(cells=cells, policy=policy, measure=measure)
        trial.run()
        found = [one for one in trial.outcome().findings if one.metric]
        slower = [one for one in found if one.verdict == "regressed"]
        own = [one for one in found if one.variant == SLOWED and not one.cell.endswith("*")]
        return cls(
            hits=sum(one in slower for one in own),
            figures=len(own),
            blocks=any(one.variant == SLOWED for one in slower),
            others=any(one.variant != SLOWED for one in slower),
            pairs_a_cell=trial.pairs_a_cell(),
        )


def slowed(percent: int, asked: Asked, policy: Policy) -> None:
    """A head that is really slower: gates resampled from stored pairs, and whole gates."""
    head = Path(f"slower{percent}").resolve()
    arms = (
        Arm(name="base", folder=Path.cwd(), arguments=WORDS),
        Arm(name="head", folder=head, arguments=WORDS),
    )
    pairing = Pairing.of(arms, asked.effort)
    book = Book.open(Path(f"slower{percent}.json"), pairing.same)
    taken = [stored(pairing, book, number, asked.pairs) for number in range(asked.pairs)]
    dice = Random(percent)
    measures = (drawn(dice.sample(taken, NEEDED)) for _ in range(asked.gates))
    again = [Called.of(pairing.cells, policy, measure) for measure in measures]
    show(f"slower by {percent} %, gates resampled from {asked.pairs} pairs", again)
    real: list[Called] = []
    for number in range(asked.real):
        real.append(Called.of(pairing.cells, policy, pairing.measurer(book, number)))
        show(f"slower by {percent} %, {number + 1} real gates", real)
    book.finish(
        {"resampled": [asdict(one) for one in again], "real": [asdict(one) for one in real]}
    )


def stored(pairing: Pairing, book: Book, number: int, count: int) -> Pair:
    """A pair on all cells, from the book or measured now."""
    name = f"slowed {number}"
    if known := book.pairs.get(name):
        return known
    title = f"slowed {number + 1} of {count}"
    return book.keep(name, pairing.pair(pairing.cells, name, title, count - number - 1))


def drawn(pairs: Sequence[Pair]) -> Measurer:
    """Takes the first of them to screen and the others to confirm, each once in a gate."""
    first = {"screen": 0, "confirm": SCREEN}

    def measure(phase: Phase, number: int, cells: Sequence[str]) -> Pair:
        pair, wanted = pairs[first[phase] + number], {CONTROL, *cells}
        return {
            "cells": {cell: seen for cell, seen in pair["cells"].items() if cell in wanted},
            "failed": {cell: why for cell, why in pair["failed"].items() if cell in wanted},
        }

    return measure


def show(title: str, called: Sequence[Called]) -> None:
    """What all gates came to."""
    count, figures = len(called), sum(one.figures for one in called)
    blocks, others = (sum(getattr(one, what) for one in called) for what in ("blocks", "others"))
    print(f"\n{title}:")
    print(f"  that the slowed variant blocks         {Bound.of(blocks, count)}")
    print(
        f"  the slowed figures that are called     {Bound.of(sum(o.hits for o in called), figures)}"
    )
    print(f"  in which another is called             {Bound.of(others, count)}")
    cost = fmean(one.pairs_a_cell for one in called)
    print(f"  pairs a cell                           {cost:.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
