"""onnx_int4: 4-bit weights in blocks, multiplied in int8 by ONNX Runtime's own kernel."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How it is rounded, and in what it multiplies."""

    block: int = tunable(64, "weights that share a scale", of=(16, 32, 64, 128, 256))
    accuracy: int = tunable(4, "4 multiplies in int8, 1 and 0 in float32", of=(0, 1, 4))
    edges: int = tunable(4, "bits of the embeddings and the output layer", of=(4, 8))


def make(base: Path, out: Path, options: Options) -> None:
    """Each block's range is searched for the least error on what its layer sees in training."""
    from variants.recipes.onnx_packed import export_packed

    export_packed(base, out, bits=4, edge_bits=options.edges, how=options)


def load(folder: Path, place: Place, options: Options) -> Model:
    """Its calls are counted in the proof."""
    from variants.runtimes.onnxrt import OnnxModel

    return OnnxModel(folder, place)


onnx_int4 = Variant(
    name="onnx_int4",
    summary="ONNX Runtime, W4A8 in blocks",
    base="teacher",
    make=make,
    load=load,
    needs=("onnxruntime", "onnx", "onnxscript"),
    devices=("cpu",),
    runtime="variants.runtimes.onnxrt",
    checkpoint=False,
    trains=True,
    options=Options(),
)
