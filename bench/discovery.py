"""Finds what the files of a package declare, as pytest finds tests."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeVar

from bench.errors import DuplicateName

Kind = TypeVar("Kind")


def find(package: str, kind: type[Kind]) -> dict[str, Kind]:
    """Every module-level `kind` in the files of `package`, by its name; none from `_files`."""
    found: dict[str, Any] = {}
    for file in sorted(iter_modules(import_module(package).__path__), key=lambda file: file.name):
        if file.ispkg or file.name.startswith("_"):
            continue
        module = import_module(f"{package}.{file.name}")
        for value in vars(module).values():
            if isinstance(value, kind):
                name = value.name  # type: ignore[attr-defined]
                if found.setdefault(name, value) is not value:
                    raise DuplicateName(
                        f"{module.__file__} declares the {kind.__name__.lower()} {name!r}, "
                        f"which another file of {package}/ has already; rename one of them"
                    )
    return found
