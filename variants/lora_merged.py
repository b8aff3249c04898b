"""lora_merged: the adapter of `lora` added to the weights: an ordinary checkpoint again."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    """Each adapted layer as the sum of itself and its adapter; a tied output layer is untied."""
    from variants.recipes.adapt import merge

    merge(base, out)


def load(folder: Path, place: Place) -> Model:
    """As any checkpoint; its proof finds no adapter in it."""
    from variants.runtimes.adapters import prove_merged
    from variants.runtimes.plain import load_plain

    return load_plain(folder, place, "float32", more=lambda model: prove_merged(model, folder))


lora_merged = Variant(
    name="lora_merged",
    summary="the weights with lora's adapter added to them",
    base="lora",
    make=make,
    load=load,
    needs=("torch", "transformers", "peft"),
    runtime="variants.runtimes.pytorch",
    unpacks=("lora",),
)
