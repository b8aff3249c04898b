"""teacher: the user's own model, uncompressed, that every other variant is made from."""

from pathlib import Path

from bench import Model, Place, Variant


def make(source: Path, out: Path) -> None:
    """A plain copy: safetensors, config, fast tokenizer; a GGUF file is de-quantised once."""
    from variants.recipes.adopt import adopt

    adopt(source, out)


def load(folder: Path, place: Place) -> Model:
    """In float32, unless --teacher-dtype says otherwise."""
    from variants.runtimes.plain import load_plain

    return load_plain(folder, place, place.teacher_dtype)


teacher = Variant(
    name="teacher",
    summary="the model itself, float32",
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
    limits="variants.runtimes.limits",
)
