"""lora: the same weights with a small trained adapter beside them, or the user's own adapter."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable
from bench.errors import Misuse

FILES = ("adapter_config.json", "adapter_model.safetensors")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the adapter changes, and how it is trained."""

    adapter: str = tunable("", "folder of an adapter to take; empty: one is trained")
    rank: int = tunable(8, "rank of the adapter", low=1, high=1024)
    alpha: float = tunable(16.0, "the adapter is scaled by alpha / rank", low=1e-3)
    head: bool = tunable(True, "whether the output layer is adapted too")
    steps: int = tunable(120, "training steps", low=1)
    batch: int = tunable(8, "rows of a step", low=1)
    length: int = tunable(256, "tokens of a row", low=8)
    rate: float = tunable(2e-3, "the highest learning rate", low=1e-8, high=1)


def make(base: Path, out: Path, options: Options) -> None:
    """adapter_model.safetensors and adapter_config.json, and in `base/` the model they change."""
    from variants.recipes.adapt import adapt

    adapt(base, out, options)


def load(folder: Path, place: Place, options: Options) -> Model:
    """Base and adapter, not merged; its proof counts the adapted layers."""
    from variants.runtimes.adapters import load_adapted

    return load_adapted(folder, place)


def reads(options: Options) -> Iterable[Path]:
    """The user's adapter: where it changes, the folder is made again."""
    files = [Path(options.adapter, name) for name in FILES] if options.adapter else []
    for file in files:
        if not file.is_file():
            raise Misuse(
                f"lora.adapter={options.adapter} holds no {file.name}; it must be the folder of a "
                "LoRA adapter in safetensors"
            )
    return files


lora = Variant(
    name="lora",
    summary="the same weights and a trained LoRA adapter of rank 8",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers", "peft"),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
    trains=True,
    resumes=True,
    options=Options(),
    reads=reads,
)
