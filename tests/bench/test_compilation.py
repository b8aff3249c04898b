"""What compiling took stands in the cell under its own name."""

from __future__ import annotations

import pytest

from bench.cell import Cell
from bench.compilation import Compilation, note_compilation
from bench.note import Note
from bench.workload import Workload


class Compiled:
    """A model whose shape took what it is told."""

    def __init__(self, found: Compilation) -> None:
        self.found = found

    def compilation(self) -> Compilation:
        return self.found


def noted(model: object) -> Cell:
    cell = Cell("decode", "compiled", Workload(1, 8, 6))
    note_compilation(model, Note(cell))  # type: ignore[arg-type]
    return cell


@pytest.mark.parametrize(("files", "recipe"), [(7, "fresh"), (0, "kernels-on-disk")])
def test_seconds_and_how_they_came_about(files: int, recipe: str) -> None:
    cell = noted(Compiled(Compilation(seconds=12.5, graphs=1, files=files)))
    value = cell.values["compile_time"]
    assert (value.value, value.recipe, value.unit) == (12.5, recipe, "s")
    assert cell.facts["compilation"] == {"seconds": 12.5, "graphs": 1, "files": files}
    assert not cell.warnings


def test_a_second_graph_of_a_shape_is_warned_of() -> None:
    (warning,) = noted(Compiled(Compilation(seconds=30, graphs=2, files=9))).warnings
    assert warning == "its step was compiled 2 times: a shape should need one graph"


def test_nothing_compiled_is_no_zero() -> None:
    assert noted(Compiled(Compilation(seconds=0, graphs=0))).values["compile_time"].value is None
    assert not noted(object()).values


def test_sums_and_differences() -> None:
    one, two = Compilation(seconds=3, graphs=2, files=5), Compilation(seconds=1, graphs=1, files=4)
    assert one.minus(two) == Compilation(seconds=2, graphs=1, files=1)
    assert one.minus(two).plus(two) == one
