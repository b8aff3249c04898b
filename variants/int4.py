"""int4: 4-bit weights in groups, really packed; embeddings in 8 bits."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How weights share their scales."""

    group: str = tunable("32", "weights of a row that share a scale", of=("32", "64", "128"))


def make(base: Path, out: Path, options: Options) -> None:
    """Each group's range is searched for the least error on what its layer sees in training."""
    from variants.recipes.calibrate import input_squares
    from variants.recipes.checkpoint import load
    from variants.recipes.quantise import searched_groups, write_int4

    model, group = load(base), int(options.group)
    write_int4(model, base, out, searched_groups(input_squares(model, base), group), group)


def load(folder: Path, place: Place, options: Options) -> Model:
    """Packed for torch's int4 kernel; its calls are counted in the proof."""
    from variants.runtimes.quantised import load_quantised

    return load_quantised(folder, "int4")


int4 = Variant(
    name="int4",
    summary="int4 weights in groups, bfloat16 activations",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    devices=("cpu",),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
    trains=True,
    options=Options(),
)
