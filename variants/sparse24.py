"""sparse24: two of every four weights set to zero, for GPUs that skip them."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which two go."""

    score: str = tunable(
        "wanda", "what the lesser two have less of: |weight|, or that times its input's norm",
        of=("magnitude", "wanda"),
    )  # fmt: skip


def make(base: Path, out: Path, options: Options) -> None:
    """In every linear layer but the output layer."""
    from variants.recipes.sparsify import zero_two_of_four

    zero_two_of_four(base, out, options.score)


def load(folder: Path, place: Place, options: Options) -> Model:
    """In the GPU's own 2:4 layout; elsewhere as ordinary weights, and simulated."""
    from variants.runtimes.sparse import load_sparse24

    return load_sparse24(folder, place)


sparse24 = Variant(
    name="sparse24",
    summary="two of every four weights zero (accelerated on NVIDIA GPUs from Ampere on)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
    trains=True,
    options=Options(),
)
