"""student: half the teacher's layers, distilled from it on demand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench import Model, Place, Variant, tunable
from bench.manifest import PARTS


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the student is made and trained."""

    layers: float = tunable(0.5, "share of the teacher's layers that it keeps", low=0.01, high=0.99)
    steps: int = tunable(240, "training steps", low=1)
    batch: int = tunable(8, "rows of a step", low=1)
    length: int = tunable(256, "tokens of a row", low=8)
    rate: float = tunable(1e-3, "the highest learning rate", low=1e-8, high=1)
    loss: str = tunable(
        "kl",
        "what it follows; ce: the text alone, without the teacher",
        of=("kl", "mse", "nd", "ce"),
    )
    temperature: float = tunable(2.0, "of both distributions in the KL", low=0.1, high=100)
    share: float = tunable(
        0.7, "of the teacher's part in the loss; the rest is cross-entropy", low=0, high=1
    )
    checkpoints: tuple[int, ...] = tunable((), "steps kept, each as student.STEP", low=1)
    early_stop: int = tunable(
        0, "looks (every 20 steps) without gain until it stops; 0: never", low=0
    )


def make(base: Path, out: Path, options: Options) -> None:
    """Evenly spaced layers kept, then trained on the training text."""
    from variants.recipes.distil import distil

    distil(base, out, options)


def load(folder: Path, place: Place, options: Options) -> Model:
    """An ordinary, smaller checkpoint."""
    from variants.runtimes.plain import load_plain, prove_depth

    return load_plain(folder, place, "float32", more=lambda model: prove_depth(model, folder))


def also(trained: Variant) -> Iterator[Variant]:
    """The student as it was at each of its checkpoints."""
    for step in trained.options.checkpoints:
        yield replace(
            trained,
            name=f"{trained.name}.{step}",
            summary=f"{trained.name} after {step} of its {trained.options.steps} steps",
            base=trained.name,
            part=f"{PARTS}/{step}",
            make=None,
            also=None,
        )


student = Variant(
    name="student",
    summary="half the layers, distilled (KL at a temperature plus cross-entropy)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
    trains=True,
    resumes=True,
    options=Options(),
    also=also,
)
