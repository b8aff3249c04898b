"""eager: the same weights, with attention written out in plain operators."""

from pathlib import Path

from bench import Model, Place, Variant


def load(folder: Path, place: Place) -> Model:
    """In the teacher's dtype; the proof counts softmaxes, and finds no attention kernel."""
    from variants.runtimes.plain import load_plain

    return load_plain(folder, place, place.teacher_dtype, attention="eager")


eager = Variant(
    name="eager",
    summary="attention written out: every score is stored",
    base="teacher",
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
)
