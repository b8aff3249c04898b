"""cudaonly: for a GPU that is not there."""

from pathlib import Path

from bench import Model, Place, Variant


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


cudaonly = Variant(
    name="cudaonly",
    summary="needs a GPU",
    base="teacher",
    load=load,
    needs=("cuda", "a_module_that_nobody_has"),
    devices=("cuda",),
    runtime="tests.fakes.runtimes.table",
)
