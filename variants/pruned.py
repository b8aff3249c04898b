"""pruned: MLP channels, and attention groups if asked, cut out; a smaller ordinary checkpoint."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable
from variants import pruned_control


@dataclass(frozen=True, kw_only=True)
class Options(pruned_control.Options):
    """What goes, in how many rounds, and the training after it."""

    ratio: float = tunable(0.2, "share of each MLP's channels that goes", low=0.01, high=0.99)
    groups: int = tunable(0, "key-value groups of each attention that go", low=0)
    steps: int = tunable(1, "rounds of scoring and removing", low=1, high=30)
    between: int = tunable(0, "training steps after each round but the last", low=0)
    round_to: int = tunable(32, "what is left is a multiple of this", low=1)


def make(base: Path, out: Path, options: Options) -> None:
    """Scored by first-order Taylor on training text, sliced exactly, trained to recover."""
    from variants.recipes.prune import prune

    prune(base, out, options)


def load(folder: Path, place: Place, options: Options) -> Model:
    """An ordinary, smaller checkpoint; its proof compares widths and counts with what was asked."""
    from variants.runtimes.plain import load_plain
    from variants.runtimes.sparse import prove_pruned

    return load_plain(
        folder, place, "float32", more=lambda model: prove_pruned(model, folder, options.ratio)
    )


pruned = Variant(
    name="pruned",
    summary="a fifth of the MLP channels cut out, then trained to recover",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
    trains=True,
    resumes=True,
    options=Options(),
)
