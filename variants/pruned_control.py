"""pruned_control: nothing removed, trained as `pruned` is: what that is compared with."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How the model is trained."""

    recovery: int = tunable(120, "training steps at the end", low=0)
    batch: int = tunable(8, "rows of a step", low=1)
    length: int = tunable(256, "tokens of a row", low=8)
    rate: float = tunable(5e-4, "the highest learning rate", low=1e-8, high=1)
    loss: str = tunable("kl", "what it follows of the whole model", of=("kl", "mse", "nd", "ce"))
    temperature: float = tunable(2.0, "of both distributions in the KL", low=0.1, high=100)
    share: float = tunable(
        0.7, "of the whole model's part in the loss; the rest is cross-entropy", low=0, high=1
    )


def make(base: Path, out: Path, options: Options) -> None:
    """The same steps on the same rows, with nothing removed."""
    from variants.recipes.prune import control

    control(base, out, options)


def load(folder: Path, place: Place, options: Options) -> Model:
    """An ordinary checkpoint of the base's size."""
    from variants.runtimes.plain import load_plain

    return load_plain(folder, place, "float32")


pruned_control = Variant(
    name="pruned_control",
    summary="nothing removed, trained as pruned is to recover",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
    trains=True,
    resumes=True,
    options=Options(),
)
