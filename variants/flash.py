"""flash: the same weights, with the flash attention kernel forced."""

from pathlib import Path

from bench import Model, Place, Variant


def load(folder: Path, place: Place) -> Model:
    """On a GPU the kernel exists in half precision only; the proof names the dtype."""
    from variants.runtimes.plain import half_dtype, load_plain

    dtype = place.teacher_dtype if place.device == "cpu" else half_dtype(place)
    other = {"warning": f"in {dtype}, the teacher is not: the ratio is not the kernel's alone"}
    return load_plain(
        folder,
        place,
        dtype,
        attention="flash",
        more=lambda _: {} if place.teacher_dtype == dtype else other,
    )


flash = Variant(
    name="flash",
    summary="flash attention forced (arXiv 2205.14135)",
    base="teacher",
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
)
