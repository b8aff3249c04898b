"""What compiling took, where a model's graphs are compiled when a shape first comes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Protocol, runtime_checkable

from bench.metrics.cold import compile_time
from bench.model import Model
from bench.note import Note


@dataclass(frozen=True, kw_only=True)
class Compilation:
    """As the compiler itself counts it."""

    seconds: float
    graphs: int
    files: int = 0
    """Source files of kernels that were compiled; others lay on disk from an earlier process."""

    def plus(self, other: Compilation) -> Compilation:
        """Both together."""
        return Compilation(
            seconds=self.seconds + other.seconds,
            graphs=self.graphs + other.graphs,
            files=self.files + other.files,
        )

    def minus(self, other: Compilation) -> Compilation:
        """What came since `other`."""
        return self.plus(
            Compilation(seconds=-other.seconds, graphs=-other.graphs, files=-other.files)
        )


@runtime_checkable
class Compiler(Protocol):
    """A Model that compiles."""

    def compilation(self) -> Compilation:
        """Of the shape that it was last asked for, all calls together."""
        ...


def note_compilation(model: Model, note: Note) -> None:
    """Put what compiling the cell's shape took into the cell, apart from its times.

    Nothing for models that do not compile. A shape that has needed more than one graph is
    warned of: it was compiled anew, within the clock perhaps.
    """
    if not isinstance(model, Compiler):
        return
    found = model.compilation()
    recipe = "fresh" if found.files else "kernels-on-disk"
    note.samples(compile_time, [found.seconds] if found.graphs else [], recipe=recipe)
    note.fact("compilation", asdict(found))
    if found.graphs > 1:
        note.warn(f"its step was compiled {found.graphs} times: a shape should need one graph")
