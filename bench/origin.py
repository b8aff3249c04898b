"""Where the packages of variants come from: in an arm of a comparison, from another folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

from bench.errors import Misuse

FROM = "WEIGHBRIDGE_VARIANTS_FROM"
"""Names the folder, to an arm and to every process that it starts."""


class Elsewhere:
    """Finds some packages in `folder`; what that does not hold is found where it always is."""

    def __init__(self, folder: Path, packages: Sequence[str]) -> None:
        self.folder = folder
        self.packages = frozenset(packages)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """https://docs.python.org/3/library/importlib.html#importlib.abc.MetaPathFinder"""
        if name not in self.packages:
            return None
        return PathFinder.find_spec(name, [str(self.folder.joinpath(*name.split(".")[:-1]))])


def redirect(packages: Sequence[str]) -> None:
    """Take `packages` from the folder that the environment names; without one, do nothing.

    Raises Misuse where one of them has been imported from another place already.
    """
    if not (said := os.environ.get(FROM)):
        return
    folder = Path(said).resolve()
    if any(isinstance(finder, Elsewhere) and finder.folder == folder for finder in sys.meta_path):
        return
    for name in held(folder, packages):
        origin = getattr(sys.modules.get(name), "__file__", None)
        if origin and not Path(origin).resolve().is_relative_to(folder):
            raise Misuse(f"the package {name!r} was imported from {origin} before it could be "
                         f"taken from {folder}")  # fmt: skip
    sys.meta_path.insert(0, Elsewhere(folder, packages))


def held(folder: Path, packages: Sequence[str]) -> list[str]:
    """Those of `packages` that `folder` holds."""
    return [name for name in packages if folder.joinpath(*name.split(".")).is_dir()]
