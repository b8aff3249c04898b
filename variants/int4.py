"""int4: 4-bit weights in groups of 32, really packed; embeddings in 8 bits."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    """Each group's range is searched for the least error on what its layer sees in training."""
    from variants.recipes.calibrate import input_squares
    from variants.recipes.checkpoint import load
    from variants.recipes.quantise import int4_groups, write_int4

    model = load(base)
    squares = input_squares(model, base)
    write_int4(model, base, out, lambda name, weight: int4_groups(weight, squares[name]))


def load(folder: Path, place: Place) -> Model:
    """Packed for torch's int4 kernel; its calls are counted in the proof."""
    from variants.runtimes.quantised import load_quantised

    return load_quantised(folder, "int4")


int4 = Variant(
    name="int4",
    summary="int4 weights in groups of 32, bfloat16 activations",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    devices=("cpu",),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
    trains=True,
)
