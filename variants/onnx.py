"""onnx: the teacher as an ONNX graph, in ONNX Runtime."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    """One graph for prompts and single tokens, in float32."""
    from variants.recipes.checkpoint import load as load_model
    from variants.recipes.onnx_export import export, facts_of

    model = load_model(base)
    export(model, facts_of(model), base, out)


def load(folder: Path, place: Place) -> Model:
    """On a GPU the fused attention knows no float32, and is written out in standard operators."""
    from variants.runtimes.onnxrt import OnnxModel

    return OnnxModel(folder, place)


onnx = Variant(
    name="onnx",
    summary="ONNX Runtime, float32",
    base="teacher",
    make=make,
    load=load,
    needs=("onnxruntime", "onnx", "onnxscript"),
    runtime="variants.runtimes.onnxrt",
    checkpoint=False,
)
