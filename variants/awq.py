"""awq: int4 weights, scaled by channel so that what matters most is rounded least."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How weights share their scales."""

    group: str = tunable("32", "weights of a row that share a scale", of=("32", "64", "128"))


def make(base: Path, out: Path, options: Options) -> None:
    """Scales by torchao's AWQ search, then the range search of int4 on the scaled weights."""
    from variants.recipes.awq import input_scales, scaled_groups
    from variants.recipes.calibrate import input_squares
    from variants.recipes.checkpoint import load
    from variants.recipes.quantise import check_groups, write_int4

    model, group = load(base), int(options.group)
    check_groups(model, group)
    scales = input_scales(base, group)
    write_int4(model, base, out, scaled_groups(scales, input_squares(model, base), group), group)


def load(folder: Path, place: Place, options: Options) -> Model:
    """Packed for torch's int4 kernel; its calls and the scaled layers are counted in the proof."""
    from variants.runtimes.quantised import load_quantised

    return load_quantised(folder, "int4", scaled=True)


awq = Variant(
    name="awq",
    summary="int4 weights scaled by channel (AWQ, arXiv 2306.00978)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers", "torchao"),
    devices=("cpu",),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
    trains=True,
    options=Options(),
)
