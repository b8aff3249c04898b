"""int4: whole numbers up to 7."""

from pathlib import Path

from bench import Model, Place, Variant
from tests.fakes.recipes import rounding


def make(base: Path, out: Path) -> None:
    rounding.rounded(base, out, 7)


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


int4 = Variant(
    name="int4",
    summary="the table rounded to 7 steps",
    base="teacher",
    make=make,
    load=load,
    devices=("cpu",),
    checkpoint=False,
    replaces="int4",
    runtime="tests.fakes.runtimes.table",
)
