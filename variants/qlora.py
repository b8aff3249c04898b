"""qlora: the weights in 4 bits (NF4), and a LoRA adapter trained on top of them."""

from pathlib import Path

from bench import Model, Place, Variant
from variants.lora import Options, reads


def make(base: Path, out: Path, options: Options) -> None:
    """The 4-bit base in `base/`, its adapter beside it."""
    from variants.recipes.adapt import adapt_four_bits

    adapt_four_bits(base, out, options)


def load(folder: Path, place: Place, options: Options) -> Model:
    """Computed in bfloat16; its proof counts layers in NF4 and adapted ones."""
    from variants.runtimes.adapters import load_nf4

    return load_nf4(folder, place)


qlora = Variant(
    name="qlora",
    summary="4-bit weights (NF4) and a trained LoRA adapter of rank 8",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers", "peft", "bitsandbytes", "accelerate"),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
    trains=True,
    resumes=True,
    options=Options(),
    reads=reads,
)
