"""onnx_int8: 8-bit weights in blocks, multiplied in int8 by ONNX Runtime's own kernel."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How it is rounded, and in what it multiplies."""

    block: int = tunable(64, "weights that share a scale", of=(16, 32, 64, 128, 256))
    accuracy: int = tunable(4, "4 multiplies in int8, 1 and 0 in float32", of=(0, 1, 4))


def make(base: Path, out: Path, options: Options) -> None:
    """Every linear and embedding; one tensor for an embedding and the output layer tied to it."""
    from variants.recipes.onnx_packed import export_packed

    export_packed(base, out, bits=8, edge_bits=8, how=options)


def load(folder: Path, place: Place, options: Options) -> Model:
    """Its calls are counted in the proof."""
    from variants.runtimes.onnxrt import OnnxModel

    return OnnxModel(folder, place)


onnx_int8 = Variant(
    name="onnx_int8",
    summary="ONNX Runtime, W8A8 in blocks",
    base="teacher",
    make=make,
    load=load,
    needs=("onnxruntime", "onnx", "onnxscript"),
    devices=("cpu",),
    runtime="variants.runtimes.onnxrt",
    checkpoint=False,
    options=Options(),
)
