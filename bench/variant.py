"""What a compression variant is: two functions and a few facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.errors import Misuse
from bench.model import Model
from bench.tunable import tuned

TEACHER = "teacher"
"""The name of the variant that all others are set against."""
NAME = re.compile(r"[a-z0-9_+.]+")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a model is loaded, and how."""

    device: str = "cpu"
    """`cpu`, `cuda` or `cuda:N`."""
    threads: int = 1
    teacher_dtype: str = "float32"
    deterministic: bool = False
    """Only operators that give the same bits again; a proof has to show that they are set."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One form of the model: made once into a folder, loaded as often as asked."""

    name: str
    summary: str
    load: Callable[..., Model]
    """(folder, place), and its options where it has some -> the model in memory"""
    make: Callable[..., None] | None = None
    """(base's folder, new folder), and its options -> writes the new folder. None: the base's
    folder serves."""
    base: str | None = None
    """The variant that it is made from. None: the user's own model (`--teacher`)."""
    beside: tuple[str, ...] = ()
    """Further variants that it holds: before `make` runs, a copy of each one's folder lies in the
    new folder, under its name."""
    needs: tuple[str, ...] = ()
    """Modules that it imports, "cuda" where it needs a GPU, "fp8" one that multiplies float8, "g++"
    where it compiles."""
    devices: tuple[str, ...] = ("cpu", "cuda")
    runtime: str | None = None
    """Module with the heavy imports; its `prepare(folder)` runs before any clock or baseline."""
    limits: str | None = None
    """Of the teacher: module whose `limits(place)` measures what the machine can do at most."""
    checkpoint: bool = True
    """Whether the folder is an ordinary checkpoint, from which another variant can be made."""
    trains: bool = False
    """Whether making it reads the training text."""
    resumes: bool = False
    """Whether `make` goes on from what a killed one left in the new folder."""
    options: Any = None
    """A frozen dataclass of `tunable` fields; part of the folder's fingerprint."""
    also: Callable[[Variant], Iterable[Variant]] | None = None
    """Further variants that come with it, as its options say: a student's checkpoints."""
    replaces: str | None = None
    """The variant of another package whose name this one takes over."""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise Misuse(
                f"variant name {self.name!r} does not match [a-z0-9_+.]+, so -k could not select "
                "it; rename it and its file"
            )

    def on(self, base: str) -> Variant:
        """The same recipe on another base: `int8.on("student")` is `student+int8`."""
        return replace(self, name=f"{base}+{self.recipe}", base=base)

    @property
    def sources(self) -> tuple[str, ...]:
        """The variants whose folders it is made of, its base first."""
        return (*((self.base,) if self.base is not None else ()), *self.beside)

    @property
    def recipe(self) -> str:
        """The name that it has where it stands alone: the last link of a chain."""
        return self.name.rpartition("+")[2]

    def tuned(self, said: Mapping[str, str]) -> Variant:
        """With other options, each as its text on the command line. Raises Misuse."""
        return replace(self, options=tuned(self.name, self.options, said))

    def build(self, base: Path, out: Path) -> None:
        """Write the folder `out` from its base's."""
        assert self.make is not None, f"{self.name} has nothing to make"
        self.make(base, out, *self._options)

    def open(self, folder: Path, place: Place) -> Model:
        """The model in memory."""
        return self.load(folder, place, *self._options)

    @property
    def _options(self) -> tuple[Any, ...]:
        return () if self.options is None else (self.options,)
