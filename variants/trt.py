"""trt: the teacher as a TensorRT engine."""

from pathlib import Path

from bench import Model, Place, Unsupported, Variant


def make(base: Path, out: Path) -> None:
    """Not built yet: it needs the ONNX export."""
    raise Unsupported("trt: building engines is not there yet")


def load(folder: Path, place: Place) -> Model:
    """Not built yet."""
    raise Unsupported("trt: running engines is not there yet")


trt = Variant(
    name="trt",
    summary="a TensorRT engine",
    base="teacher",
    make=make,
    load=load,
    needs=("cuda", "tensorrt"),
    devices=("cuda",),
    checkpoint=False,
)
