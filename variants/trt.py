"""trt: the teacher as a TensorRT engine, by TensorRT or TensorRT-RTX."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """The largest sizes that the engine is built for."""

    batch: int = tunable(8, "rows", low=1, high=1024)
    length: int = tunable(1024, "positions of a row; never more than the model has", low=2)


def make(base: Path, out: Path, options: Options) -> None:
    """From the ONNX export in standard operators, for the GPU that is here."""
    from variants.recipes.trt_engine import write_engine
    from variants.runtimes.engine_facts import Profile

    write_engine(base, out, Profile(batch=options.batch, length=options.length))


def load(folder: Path, place: Place, options: Options) -> Model:
    """Refused where there is no engine, or one of another library, version or GPU."""
    from variants.runtimes.engine_facts import EngineFacts

    EngineFacts.read(folder)
    from variants.runtimes.engine import EngineModel

    return EngineModel(folder, place)


trt = Variant(
    name="trt",
    summary="a TensorRT engine",
    base="teacher",
    make=make,
    load=load,
    needs=("cuda", "tensorrt|tensorrt_rtx_bindings", "onnxscript"),
    devices=("cuda",),
    runtime="variants.runtimes.engine",
    checkpoint=False,
    options=Options(),
)
