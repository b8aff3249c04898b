"""What a compression variant is: two functions and a few facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.errors import Misuse
from bench.model import Model

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
    load: Callable[[Path, Place], Model]
    """(folder, place) -> the model in memory"""
    make: Callable[[Path, Path], None] | None = None
    """(base's folder, new folder) -> writes the new folder. None: the base's folder serves."""
    base: str | None = None
    """The variant that it is made from. None: the user's own model (`--teacher`)."""
    needs: tuple[str, ...] = ()
    """Modules that it imports, and "cuda" where it needs a GPU."""
    devices: tuple[str, ...] = ("cpu", "cuda")
    runtime: str | None = None
    """Module with the heavy imports; its `prepare(folder)` runs before any clock or baseline."""
    limits: str | None = None
    """Of the teacher: module whose `limits(place)` measures what the machine can do at most."""
    checkpoint: bool = True
    """Whether the folder is an ordinary checkpoint, from which another variant can be made."""
    trains: bool = False
    """Whether making it reads the training text."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Recipe settings; part of the folder's fingerprint."""
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
        return replace(self, name=f"{base}+{self.name}", base=base)
