"""Weighbridge beside optimum-benchmark, in one run: python -m tests.compare.optimum"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from statistics import geometric_mean, median

from platformdirs import user_cache_path

from tests.compare import ours, rival
from tests.compare.seen import CELLS, NEW, PARTS, TRIAL, Asked, Seen, Session

SHARE, NEAR = 0.25, 0.05
"""Of the rival's wall time at most; between medians of the same path at most."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """All sessions."""

    shipped: Session
    """Weighbridge as it is."""
    theirs: Session
    """The rival as its users run it."""
    pairs: Sequence[tuple[Session, Session]]
    """Ours and the rival's on the same path, one after the other, a process each."""

    def medians(self, cell: tuple[int, int], part: str) -> tuple[float, float]:
        """Ours and the rival's: the median process of each, as one may have met a slow spell."""
        ours, theirs = (
            median(run.cells[cell][part].value for run in runs)
            for runs in zip(*self.pairs, strict=True)
        )
        return ours, theirs


@dataclass(frozen=True, kw_only=True)
class Line:
    """Something that must hold."""

    holds: bool
    says: str


def main() -> int:
    """Measure, print Markdown; 1 where a line does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", type=Path, default=user_cache_path("weighbridge-compare"))
    parser.add_argument("--work", type=Path, help="keep logs, runs and reports here (empty or new)")
    parser.add_argument("--rounds", type=int, default=Asked.rounds)
    parser.add_argument("--trial", action="store_true", help="a few rounds: figures say nothing")
    said = parser.parse_args()
    environment = rival.environment(said.environment.absolute())
    asked = TRIAL if said.trial else replace(Asked(), rounds=said.rounds)
    with tempfile.TemporaryDirectory() as temporary:
        work = (said.work or Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        return compare(environment, work, asked)


def compare(environment: Path, work: Path, asked: Asked) -> int:
    """Run all, print all."""
    model, load = checkpoint(work / "model"), os.getloadavg()[0]
    found = Found(
        shipped=ours.shipped(model, work / "shipped", asked),
        theirs=rival.sweep(environment, model, work / "theirs", asked),
        pairs=[pair(environment, work, asked, launch) for launch in range(asked.launches)],
    )
    lines = [*judged(found)]
    runs = (found.shipped, *(ours for ours, _ in found.pairs))
    doubts = sorted({doubt for run in runs for doubt in run.doubts})
    for part in (heading(load, asked), walls(found), shipped(found), same(found)):
        print("\n".join([*part, ""]))
    print("\n".join(f"- {'holds' if line.holds else '**FAILS**'}: {line.says}" for line in lines))
    print("\n".join(f"- doubted by Weighbridge: {cell}" for cell in doubts))
    return 0 if all(line.holds for line in lines) else 1


def pair(environment: Path, work: Path, asked: Asked, launch: int) -> tuple[Session, Session]:
    """Ours and the rival's on the same path, in turns as to which comes first."""
    model = work / "model"
    turns: list[Callable[[], Session]] = [
        lambda: ours.same_path(model, work / f"ours-{launch}", asked),
        lambda: rival.inline(environment, model, work / f"theirs-{launch}", asked),
    ]
    if launch % 2:
        theirs, own = turns[1](), turns[0]()
    else:
        own, theirs = turns[0](), turns[1]()
    return own, theirs


def checkpoint(folder: Path) -> Path:
    """The tiny seeded GPT-2; a padding token keeps `generate` from warning at every call."""
    from transformers import GenerationConfig

    from tests.variants import tiny

    tiny.checkpoint(folder, "gpt2")
    GenerationConfig(bos_token_id=0, eos_token_id=0, pad_token_id=0).save_pretrained(folder)
    return folder


def heading(load: float, asked: Asked) -> Iterator[str]:
    """What was compared, on how busy a machine."""
    names = ("torch", "transformers")
    yield (
        f"Seeded GPT-2 of 4 layers and width 64, {NEW} new tokens, CPU, {asked.threads} threads, "
        f"{', '.join(f'{name} {version(name)}' for name in names)}, {rival.RIVAL}; "
        f"load average before: {load:.2f}."
    )


def walls(found: Found) -> Iterator[str]:
    """From the start of a command to its end."""
    yield from ("| prefill, decode and memory of the whole grid | wall time |", "|---|--:|")
    yield f"| Weighbridge | {found.shipped.wall:.1f} s |"
    yield f"| optimum-benchmark | {found.theirs.wall:.1f} s |"


def shipped(found: Found) -> Iterator[str]:
    """The half-widths of both: the paths differ, so their medians are not compared."""
    yield "| batch × prompt | quantity | Weighbridge, own loop | optimum-benchmark, `generate` |"
    yield "|---|---|--:|--:|"
    for cell in CELLS:
        one, other = found.shipped.cells[cell], found.theirs.cells[cell]
        for part in PARTS:
            yield f"| {named(cell)} | {part} | {spread(one[part])} | {spread(other[part])} |"
        peaks = [f"{seen['memory'].value / 1e6:.0f} MB" for seen in (one, other)]
        yield f"| {named(cell)} | peak of the process | {' | '.join(peaks)} |"


def same(found: Found) -> Iterator[str]:
    """The medians of the same path: each process's, and their ratio."""
    yield "| `generate` in both, ms | part | Weighbridge | optimum-benchmark, inline | ratio |"
    yield "|---|---|--:|--:|--:|"
    for cell in CELLS:
        for part in PARTS:
            shown = [
                " ".join(f"{run.cells[cell][part].value * 1e3:.2f}" for run in runs)
                for runs in zip(*found.pairs, strict=True)
            ]
            one, other = found.medians(cell, part)
            yield f"| {named(cell)} | {part} | {' | '.join(shown)} | {one / other:.3f} |"


def judged(found: Found) -> Iterator[Line]:
    """The lines that must hold."""
    share = found.shipped.wall / found.theirs.wall
    says = f"wall time is {share:.3f} of the rival's; at most {SHARE}"
    yield Line(holds=share <= SHARE, says=says)
    for part in PARTS:
        pairs = [
            (found.shipped.cells[cell][part], found.theirs.cells[cell][part]) for cell in CELLS
        ]
        wide = geometric_mean([one.width / other.width for one, other in pairs])
        says = f"{part}: intervals {wide:.2f} times as wide as those of the rival's samples, "
        yield Line(holds=wide <= 1, says=says + "geometric mean over the grid; at most 1")
    for cell in CELLS:
        for part in PARTS:
            one, other = found.medians(cell, part)
            says = f"{named(cell)} {part}: medians' ratio {one / other:.3f}, within {NEAR:.0%} of 1"
            yield Line(holds=abs(one / other - 1) <= NEAR, says=says)


def named(cell: tuple[int, int]) -> str:
    """batch × prompt."""
    return "{} × {}".format(*cell)


def spread(seen: Seen) -> str:
    """Half of the interval, and of how many samples."""
    return f"± {seen.width:.2%} of {seen.count}"


if __name__ == "__main__":
    sys.exit(main())
