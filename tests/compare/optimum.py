"""Weighbridge beside optimum-benchmark, in one run: python -m tests.compare.optimum"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path

from tests.compare import ours, rival
from tests.compare.seen import CELLS, NEW, TRIAL, Asked, Session

SHARE, NEAR = 0.25, 0.05
"""Of the rival's wall time at most; between medians of the same path at most."""
SAME = ("prefill", "decode", "generate")
"""Timed through `generate` by both."""
OWN = ("own prefill", "own decode", "own generate")


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
    parser.add_argument("--trial", action="store_true", help="a few rounds: figures say nothing")
    said = parser.parse_args()
    environment = rival.environment(said.environment.absolute())
    with tempfile.TemporaryDirectory() as temporary:
        work = (said.work or Path(temporary)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        return compare(environment, work, TRIAL if said.trial else Asked())


def compare(environment: Path, work: Path, asked: Asked) -> int:
    """Ours, theirs, ours again: a drift of the machine falls on both sides alike."""
    model = checkpoint(work / "model")
    load = os.getloadavg()[0]
    before = ours.session(model, work / "before", asked)
    theirs = rival.sweep(environment, model, work, asked)
    after = ours.session(model, work / "after", asked)
    print(heading(load, asked))
    print("\n".join(["", *walls(before, theirs, after), "", *table(before, theirs, after), ""]))
    lines = [*judged(before, theirs, after)]
    print("\n".join(f"- {'holds' if line.holds else '**FAILS**'}: {line.says}" for line in lines))
    print("\n".join(f"- doubted by Weighbridge: {cell}" for cell in before.doubts + after.doubts))
    return 0 if all(line.holds for line in lines) else 1


def checkpoint(folder: Path) -> Path:
    """The tiny seeded GPT-2; a padding token keeps `generate` from warning at every call."""
    from transformers import GenerationConfig

    from tests.variants import tiny

    tiny.checkpoint(folder, "gpt2")
    GenerationConfig(bos_token_id=0, eos_token_id=0, pad_token_id=0).save_pretrained(folder)
    return folder


def heading(load: float, asked: Asked) -> str:
    """What was compared, on how busy a machine."""
    names = ("torch", "transformers")
    return (
        f"Seeded GPT-2 of 4 layers and width 64, {NEW} new tokens, CPU, {asked.threads} threads, "
        f"{', '.join(f'{name} {version(name)}' for name in names)}, {rival.RIVAL}; "
        f"load average before: {load:.2f}."
    )


def walls(before: Session, theirs: Session, after: Session) -> Iterator[str]:
    """Wall times, from the start of a command to its end."""
    yield from ("| whole grid: prefill, decode, memory | wall time |", "|---|--:|")
    yield f"| Weighbridge, first | {before.wall:.1f} s |"
    yield f"| optimum-benchmark | {theirs.wall:.1f} s |"
    yield f"| Weighbridge, again | {after.wall:.1f} s |"


def table(before: Session, theirs: Session, after: Session) -> Iterator[str]:
    """Every quantity of every cell."""
    yield "| batch × prompt | quantity | Weighbridge | again | optimum-benchmark | ratio |"
    yield "|---|---|--:|--:|--:|--:|"
    for batch, prompt in CELLS:
        one, other, two = (run.cells[batch, prompt] for run in (before, theirs, after))
        for name in (*SAME, *OWN, "memory"):
            rival_name = name.removeprefix("own ")
            scale, unit = (1e-6, "MB") if name == "memory" else (1e3, "ms")
            shown = [
                f"{seen.value * scale:.4g} {unit} ± {seen.width:.1%} (n {seen.count})"
                for seen in (one[name], two[name], other[rival_name])
            ]
            ratio = mean(one[name].value, two[name].value) / other[rival_name].value
            yield f"| {batch} × {prompt} | {name} | {' | '.join(shown)} | {ratio:.3f} |"


def judged(before: Session, theirs: Session, after: Session) -> Iterator[Line]:
    """The lines that must hold."""
    share = max(before.wall, after.wall) / theirs.wall
    yield Line(
        holds=share <= SHARE, says=f"wall time is {share:.3f} of the rival's; at most {SHARE}"
    )
    for cell in CELLS:
        one, other, two = (run.cells[cell] for run in (before, theirs, after))
        for name in (*SAME, *OWN):
            width, wanted = mean(one[name].width, two[name].width), other[name.split()[-1]].width
            says = f"{cell} {name}: half-width {width:.2%}, of the rival's samples {wanted:.2%}"
            yield Line(holds=width <= wanted, says=says)
        for name in SAME:
            ratio = mean(one[name].value, two[name].value) / other[name].value
            drift = two[name].value / one[name].value
            says = f"{cell} {name}: medians' ratio {ratio:.3f} (our own two: {drift:.3f})"
            yield Line(holds=abs(ratio - 1) <= NEAR, says=says)


def mean(one: float, two: float) -> float:
    """Geometric, as ratios want it."""
    return float((one * two) ** 0.5)


if __name__ == "__main__":
    sys.exit(main())
