"""nf4: 4-bit NormalFloat weights (QLoRA's, arXiv 2305.14314), by bitsandbytes."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    """Every linear but the output layer, in blocks of 64 whose scales are quantised again."""
    from variants.recipes.nf4 import write_nf4

    write_nf4(base, out)


def load(folder: Path, place: Place) -> Model:
    """In bitsandbytes' own layers, counted in the proof."""
    from variants.runtimes.nf4 import load_nf4

    return load_nf4(folder, place)


nf4 = Variant(
    name="nf4",
    summary="4-bit NormalFloat weights, bfloat16 activations (bitsandbytes)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers", "accelerate", "bitsandbytes"),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
)
