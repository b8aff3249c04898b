"""int8_static: int8 weights and int8 activations, whose scales were found on training text."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How activations are made fit for one scale."""

    headroom: float = tunable(
        2.0, "how far beyond what calibration saw the range reaches", low=1, high=10
    )
    smooth: float = tunable(
        0.5, "SmoothQuant's exponent; 0 leaves inputs as they are", low=0, high=1
    )


def make(base: Path, out: Path, options: Options) -> None:
    """Smoothed by SmoothQuant, one activation scale a layer."""
    from variants.recipes.calibrate import input_ranges
    from variants.recipes.checkpoint import load
    from variants.recipes.quantise import write_int8_static

    model = load(base)
    seen = input_ranges(model, base)
    # A token that the calibration text lacks would be cut off at the range's end.
    ranges = {name: options.headroom * ends for name, ends in seen.items()}
    write_int8_static(model, base, out, ranges, options.smooth)


def load(folder: Path, place: Place, options: Options) -> Model:
    """Packed for oneDNN's int8 kernel; its calls are counted in the proof."""
    from variants.runtimes.quantised import load_quantised

    return load_quantised(folder, "int8_static")


int8_static = Variant(
    name="int8_static",
    summary="int8 weights, int8 activations with calibrated scales (SmoothQuant)",
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
