"""openvino: the ONNX export in OpenVINO, its cache a state of the model."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How its weights are stored."""

    weights: str = tunable("int8", "none leaves them in float32", of=("none", "int8", "int4"))
    group: int = tunable(64, "weights that share a scale at int4", of=(16, 32, 64, 128, 256))


def make(base: Path, out: Path, options: Options) -> None:
    """The same graph as for ONNX Runtime, its weights compressed by NNCF."""
    from variants.recipes.openvino_export import export_openvino

    export_openvino(base, out, options.weights, options.group)


def load(folder: Path, place: Place, options: Options) -> Model:
    """In float32, whatever the processor would prefer; the proof reads the compiled model."""
    from variants.runtimes.openvinort import OpenVinoModel

    return OpenVinoModel(folder, place, options.weights)


openvino = Variant(
    name="openvino",
    summary="OpenVINO, weights by NNCF",
    base="teacher",
    make=make,
    load=load,
    needs=("openvino", "nncf", "onnxscript"),
    devices=("cpu",),
    runtime="variants.runtimes.openvinort",
    checkpoint=False,
    options=Options(),
)
