"""clumsy: its recipe has a slip that nobody thought of."""

from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    nothing: list[int] = []
    nothing[3] = 1


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


clumsy = Variant(name="clumsy", summary="a slip of the pen", base="teacher", make=make, load=load)
