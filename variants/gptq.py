"""gptq: 4-bit weights, rounded so that later columns make up for earlier ones."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How weights are rounded."""

    bits: str = tunable("4", "bits of a weight", of=("2", "3", "4", "8"))
    group: str = tunable("32", "weights of a row that share a scale", of=("32", "64", "128"))


def make(base: Path, out: Path, options: Options) -> None:
    """Calibrated on training text, by transformers' GPTQConfig."""
    from variants.recipes.gptq import write_gptq

    write_gptq(base, out, int(options.bits), int(options.group))


def load(folder: Path, place: Place, options: Options) -> Model:
    """In gptqmodel's own layers, counted in the proof."""
    from variants.runtimes.gptq import load_gptq

    return load_gptq(folder, place, int(options.bits))


gptq = Variant(
    name="gptq",
    summary="few-bit weights by GPTQ (arXiv 2210.17323)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers", "accelerate", "optimum.gptq", "gptqmodel"),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
    trains=True,
    options=Options(),
)
