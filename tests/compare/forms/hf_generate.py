"""hf_generate: the teacher through transformers' own `generate`, as optimum-benchmark runs it."""

from pathlib import Path

from bench import Model, Place, Variant


def load(folder: Path, place: Place) -> Model:
    """The module as transformers loads it, nothing in it replaced."""
    import torch

    from tests.compare.forms._generating import GeneratingModel
    from variants.runtimes.pytorch import load_checkpoint

    return GeneratingModel(load_checkpoint(folder, place.device, torch.float32))


hf_generate = Variant(
    name="hf_generate",
    summary="transformers' own generate",
    base="teacher",
    load=load,
    needs=("torch", "transformers"),
    devices=("cpu",),
    runtime="variants.runtimes.pytorch",
)
