"""unmakeable: its recipe fails."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    (out / "half-done").write_text("half")
    raise RuntimeError("the recipe\nis wrong")


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


unmakeable = Variant(
    name="unmakeable",
    summary="cannot be made",
    base="teacher",
    make=make,
    load=load,
    runtime="tests.fakes.runtimes.table",
)
