"""sdpa_math: the same weights, with PyTorch's unfused attention kernel forced."""

from pathlib import Path

from bench import Model, Place, Variant


def load(folder: Path, place: Place) -> Model:
    """In the teacher's dtype; the kernel's calls are counted in the proof."""
    from variants.runtimes.plain import load_plain

    return load_plain(folder, place, place.teacher_dtype, attention="math")


sdpa_math = Variant(
    name="sdpa_math",
    summary="attention by PyTorch's unfused kernel, forced",
    base="teacher",
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
)
