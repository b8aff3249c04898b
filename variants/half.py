"""half: the teacher's weights in 16 bits."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    """The same checkpoint, stored in bfloat16."""
    import torch

    from variants.recipes.checkpoint import load, save

    save(load(base, torch.bfloat16), base, out)


def load(folder: Path, place: Place) -> Model:
    """In bfloat16; float16 on GPUs from before bfloat16."""
    from variants.runtimes.plain import half_dtype, load_plain

    dtype = half_dtype(place)
    same = {"warning": f"the teacher is loaded in {dtype} too: nothing is halved beside it"}
    return load_plain(
        folder, place, dtype, more=lambda _: same if place.teacher_dtype == dtype else {}
    )


half = Variant(
    name="half",
    summary="weights and arithmetic in 16 bits (bfloat16)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
)
