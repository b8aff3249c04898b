"""Weighbridge beside optimum-benchmark, in one run: python -m tests.compare.optimum"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from statistics import geometric_mean

from platformdirs import user_cache_path

from tests.compare import ours, rival
from tests.compare.seen import CELLS, NEW, PARTS, TRIAL, Asked, Seen, Session

SHARE, NEAR = 0.25, 0.05
"""Of the rival's wall time at most; between medians of the same path at most."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """All sessions, in the order in which they ran."""

    shipped: Session
    """Weighbridge as it is."""
    theirs: Session
    """The rival as its users run it."""
    first: Session
    """The rival's path, timed by Weighbridge."""
    inline: Session
    """The rival without its launcher's company."""
    again: Session
    """The first once more: a drift of the machine falls on both sides of the rival alike."""

    def ratio(self, cell: tuple[int, int], part: str) -> float:
        """Our median of the same path, between the two sessions, to the rival's."""
        both = [run.cells[cell][part].value for run in (self.first, self.again)]
        return geometric_mean(both) / self.inline.cells[cell][part].value


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
        first=ours.same_path(model, work / "first", asked),
        inline=rival.inline(environment, model, work / "inline", asked),
        again=ours.same_path(model, work / "again", asked),
    )
    lines = [*judged(found)]
    doubts = (*found.first.doubts, *found.shipped.doubts, *found.again.doubts)
    for part in (heading(load, asked), walls(found), shipped(found), same(found)):
        print("\n".join([*part, ""]))
    print("\n".join(f"- {'holds' if line.holds else '**FAILS**'}: {line.says}" for line in lines))
    print("\n".join(f"- doubted by Weighbridge: {cell}" for cell in doubts))
    return 0 if all(line.holds for line in lines) else 1


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
    """The medians of the same path."""
    yield (
        "| `generate` in both | part | Weighbridge | again | optimum-benchmark, inline "
        "| by process | ratio to inline |"
    )
    yield "|---|---|--:|--:|--:|--:|--:|"
    for cell in CELLS:
        for part in PARTS:
            runs = (found.first, found.again, found.inline, found.theirs)
            seen = [run.cells[cell][part] for run in runs]
            medians = " | ".join(f"{one.value * 1e3:.4g} ms ± {one.width:.1%}" for one in seen)
            yield f"| {named(cell)} | {part} | {medians} | {found.ratio(cell, part):.3f} |"


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
            ratio = found.ratio(cell, part)
            drift = found.again.cells[cell][part].value / found.first.cells[cell][part].value
            says = f"{named(cell)} {part}: medians' ratio {ratio:.3f}, within {NEAR:.0%} of 1"
            yield Line(holds=abs(ratio - 1) <= NEAR, says=f"{says} (ours to ours: {drift:.3f})")


def named(cell: tuple[int, int]) -> str:
    """batch × prompt."""
    return "{} × {}".format(*cell)


def spread(seen: Seen) -> str:
    """Half of the interval, and of how many samples."""
    return f"± {seen.width:.2%} of {seen.count}"


if __name__ == "__main__":
    sys.exit(main())
