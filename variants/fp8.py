"""fp8: 8-bit floating-point weights and activations, where the GPU multiplies them."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    """Every linear but the output layer in float8_e4m3, one scale a row; the rest in bfloat16."""
    from variants.recipes.fp8 import write_fp8

    write_fp8(base, out)


def load(folder: Path, place: Place) -> Model:
    """With torch's scaled matrix product, its calls counted in the proof."""
    from variants.runtimes.fp8 import load_fp8

    return load_fp8(folder, place)


fp8 = Variant(
    name="fp8",
    summary="float8 (e4m3) weights, per-token float8 activations",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers", "cuda", "fp8"),
    devices=("cuda",),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
)
