"""int8_weight: 8-bit weights and embeddings, activations in bfloat16 (W8A16)."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    """Every linear and embedding to int8, symmetric, one scale a row."""
    from variants.recipes.checkpoint import load
    from variants.recipes.quantise import write_int8_weight

    write_int8_weight(load(base), base, out)


def load(folder: Path, place: Place) -> Model:
    """Packed for torch's weight-only kernel; its calls are counted in the proof."""
    from variants.runtimes.quantised import load_quantised

    return load_quantised(folder, "int8_weight")


int8_weight = Variant(
    name="int8_weight",
    summary="int8 weights and embeddings, bfloat16 activations",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    devices=("cpu",),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
)
