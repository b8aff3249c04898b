"""int8: whole numbers up to 127."""

from pathlib import Path

from bench import Model, Place, Variant
from tests.fakes.recipes import rounding


def make(base: Path, out: Path) -> None:
    rounding.rounded(base, out, 127)


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


int8 = Variant(
    name="int8",
    summary="the table rounded to 127 steps",
    base="teacher",
    make=make,
    load=load,
    devices=("cpu",),
    checkpoint=False,
    replaces="int8",
    runtime="tests.fakes.runtimes.table",
)
