"""thin: half the columns, an ordinary checkpoint still."""

from pathlib import Path

from bench import Model, Place, Variant
from tests.fakes.recipes import rounding


def make(base: Path, out: Path) -> None:
    rounding.thinned(base, out)


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


thin = Variant(
    name="thin",
    summary="every other column",
    base="teacher",
    make=make,
    load=load,
    runtime="tests.fakes.runtimes.table",
)
