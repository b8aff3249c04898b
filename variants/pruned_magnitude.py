"""pruned_magnitude: the smallest weights set to zero; nothing gets smaller or faster by it."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How many, and among which."""

    ratio: float = tunable(0.3, "share of the weights that are set to zero", low=0.01, high=0.99)
    scope: str = tunable(
        "layer", "the smallest of each layer, or of all together", of=("layer", "global")
    )


def make(base: Path, out: Path, options: Options) -> None:
    """By magnitude alone, in every linear layer but the output layer."""
    from variants.recipes.sparsify import zero_smallest

    zero_smallest(base, out, options.ratio, options.scope)


def load(folder: Path, place: Place, options: Options) -> Model:
    """An ordinary checkpoint whose zeros are counted."""
    from variants.runtimes.plain import load_plain
    from variants.runtimes.sparse import prove_zeros

    return load_plain(
        folder, place, "float32", more=lambda model: prove_zeros(model, folder, options.ratio)
    )


pruned_magnitude = Variant(
    name="pruned_magnitude",
    summary="the smallest 30 % of each layer's weights set to zero (speed simulated)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
    options=Options(),
)
