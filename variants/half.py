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
    same = f"the teacher is loaded in {dtype} too, so the two are the same model"
    remark = same if place.teacher_dtype == dtype else None
    return load_plain(folder, place, dtype, remark=remark)


half = Variant(
    name="half",
    summary="weights and arithmetic in bfloat16",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
)
