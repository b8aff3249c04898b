"""The gate on this machine, on 60 tiny cells: python -m tests.compare.aa FOLDER

First an A/A: the noise, the fitted policy, whole gates repeated for real, gates resampled. Then the
same gates with a variant that really works longer in the head. Everything is kept in FOLDER, and
the same command goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from bench.armed import Arm
from bench.pair import Effort
from reports.__main__ import main as weighbridge
from reports.pairing import Pairing
from reports.policy import Policy, read_policy
from reports.resampled import Bound
from reports.stored import Book
from reports.trial import Trial

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
    effort: Effort


def main(words: list[str]) -> int:
    """Lay out, run the A/A, then the slowed heads; the A/A's exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.compare.aa")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--slower", default="5,10", help="percents, such as 5,10; empty for none")
    parser.add_argument("--blocks", type=int, default=8)
    parser.add_argument("--turn", type=float, default=0.02, help="seconds")
    said = parser.parse_args(words)
    asked = Asked(
        pairs=said.pairs,
        repeats=said.repeats,
        slower=tuple(int(word) for word in said.slower.split(",") if word),
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


def slowed(percent: int, asked: Asked, policy: Policy) -> None:
    """Real gates with the slowed head: who is called, who else, and what it costs."""
    head = Path(f"slower{percent}").resolve()
    arms = (
        Arm(name="base", folder=Path.cwd(), arguments=WORDS),
        Arm(name="head", folder=head, arguments=WORDS),
    )
    pairing = Pairing.of(arms, asked.effort)
    book = Book.open(Path(f"slower{percent}.json"), pairing.same)
    called: list[tuple[int, int, bool, bool, float]] = []
    for number in range(asked.repeats):
        trial = Trial(cells=pairing.cells, policy=policy, measure=pairing.measurer(book, number))
        trial.run()
        found = [one for one in trial.outcome().findings if one.metric]
        own = [one for one in found if one.variant == SLOWED and not one.cell.endswith("*")]
        hits = sum(one.verdict == "regressed" for one in own)
        blocks = any(one.verdict == "regressed" for one in found if one.variant == SLOWED)
        others = any(one.verdict == "regressed" for one in found if one.variant != SLOWED)
        called.append((hits, len(own), blocks, others, trial.pairs_a_cell()))
        said = f"slower by {percent} %, gate {number + 1}: {trial.outcome().sentence}"
        print(f"{said}; {hits} of {len(own)} slowed", flush=True)
    show(percent, called)
    book.finish({"called": called})


def show(percent: int, called: list[tuple[int, int, bool, bool, float]]) -> None:
    """What all repeats came to."""
    hits, cells, blocks, others, cost = zip(*called, strict=True)
    share = sum(cells) / len(called)
    print(f"\nslower by {percent} %:")
    print(f"  gates that the slowed variant blocks   {Bound.of(sum(blocks), len(called))}")
    print(f"  its figures called                     {Bound.of(sum(hits), sum(cells))}")
    print(f"  gates in which another is called       {Bound.of(sum(others), len(called))}")
    print(
        f"  pairs a cell                           {fmean(cost):.2f} ({share:.0f} figures slowed)"
    )
    print(json.dumps({"percent": percent, "called": called}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
