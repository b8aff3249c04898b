"""student: half the teacher's layers, distilled from it on demand."""

from dataclasses import asdict, dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the student is trained."""

    steps: int = tunable(240, "training steps", low=1)
    batch: int = tunable(8, "rows of a step", low=1)
    length: int = tunable(256, "tokens of a row", low=8)
    rate: float = tunable(1e-3, "the highest learning rate", low=1e-8, high=1)
    temperature: float = tunable(2.0, "of both distributions in the KL", low=0.1, high=100)
    share: float = tunable(0.7, "of the KL in the loss; the rest is cross-entropy", low=0, high=1)


def make(base: Path, out: Path, options: Options) -> None:
    """Every other layer kept, then trained on the training text."""
    from variants.recipes.distil import distil

    distil(base, out, asdict(options))


def load(folder: Path, place: Place, options: Options) -> Model:
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
    options=Options(),
)
