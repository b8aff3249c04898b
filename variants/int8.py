"""int8: 8-bit weights, and activations quantised per token as they come (W8A8)."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    """Every linear and embedding to int8, symmetric, one scale a row."""
    from variants.recipes.checkpoint import load
    from variants.recipes.quantise import write_int8

    write_int8(load(base), base, out)


def load(folder: Path, place: Place) -> Model:
    """Packed for the int8 kernel; its calls are counted in the proof."""
    from variants.runtimes.quantised import load_quantised

    return load_quantised(folder, "int8")


int8 = Variant(
    name="int8",
    summary="int8 weights, per-token int8 activations",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    devices=("cpu",),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
)
