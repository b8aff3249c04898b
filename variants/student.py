"""student: half the teacher's layers, distilled from it on demand."""

from pathlib import Path

from bench import Model, Place, Variant

OPTIONS = {
    "steps": 240,
    "batch": 8,
    "length": 256,
    "rate": 1e-3,
    "temperature": 2.0,
    "share": 0.7,
}


def make(base: Path, out: Path) -> None:
    """Every other layer kept, then trained on the training text."""
    from variants.recipes.distil import distil

    distil(base, out, OPTIONS)


def load(folder: Path, place: Place) -> Model:
    """An ordinary, smaller checkpoint."""
    from variants.runtimes.plain import load_plain, prove_depth

    return load_plain(folder, place, "float32", more=lambda model: prove_depth(model, folder))


student = Variant(
    name="student",
    summary="half the layers, distilled (KL at a temperature plus cross-entropy)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
    trains=True,
    options=OPTIONS,
)
