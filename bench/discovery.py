"""Finds what the files of a package declare, as pytest finds tests."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from traceback import extract_tb
from types import ModuleType
from typing import Any, TypeVar

from bench.errors import BenchError, DuplicateName, Misuse

Kind = TypeVar("Kind")


def find(package: str, kind: type[Kind]) -> dict[str, Kind]:
    """Every module-level `kind` in the files of `package`, by its name; none from `_files`.

    Raises Misuse for a file that cannot be imported, DuplicateName, and what importing `package`
    itself raises.
    """
    found: dict[str, Any] = {}
    for file in sorted(iter_modules(import_module(package).__path__), key=lambda file: file.name):
        if file.ispkg or file.name.startswith("_"):
            continue
        module = _imported(f"{package}.{file.name}")
        for value in vars(module).values():
            if isinstance(value, kind):
                name = value.name  # type: ignore[attr-defined]
                if found.setdefault(name, value) is not value:
                    raise DuplicateName(
                        f"{module.__file__} declares the {kind.__name__.lower()} {name!r}, "
                        f"which another file of {package}/ has already; rename one of them"
                    )
    return found


def _imported(name: str) -> ModuleType:
    """A user's file, which may raise anything: told in one line, and where."""
    try:
        return import_module(name)
    except BenchError:
        raise
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise Misuse(f"{name} cannot be imported: {said}{_place(error)}") from error


def _place(error: Exception) -> str:
    if isinstance(error, SyntaxError):  # its message names file and line
        return ""
    frames = [frame for frame in extract_tb(error.__traceback__) if frame.filename[0] != "<"]
    return f" (line {frames[-1].lineno} of {frames[-1].filename})"
