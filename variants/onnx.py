"""onnx: the teacher as an ONNX graph, in ONNX Runtime."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    """One graph for prompts and single tokens, in float32, in two spellings on the same weights."""
    from variants.recipes.checkpoint import load as load_model
    from variants.recipes.onnx_export import export, facts_of
    from variants.recipes.onnx_standard import write_standard

    model = load_model(base)
    export(model, facts_of(model), base, out)
    write_standard(out)


def load(folder: Path, place: Place) -> Model:
    """On a GPU the fused attention knows no float32, and is written out in standard operators."""
    from variants.runtimes.onnx_graph import GRAPH, STANDARD
    from variants.runtimes.onnxrt import OnnxModel

    return OnnxModel(folder, place, graph=GRAPH if place.device == "cpu" else STANDARD)


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
