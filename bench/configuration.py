"""The same settings without pytest: from the environment and the project's ini file."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iniconfig import IniConfig, ParseError

from bench.errors import Misuse
from bench.settings import Lookup, Settings

FILES = ("pytest.toml", "pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""Where pytest looks, in its order."""


def here(line: Lookup) -> Settings:
    """The settings in the working directory's project. Raises Misuse."""
    folder = _project(Path.cwd())
    values = _read(folder) if folder else {}
    if folder and str(folder) not in sys.path:
        sys.path.append(str(folder))  # where the packages of `bench_variants` are looked for
    return Settings.resolve(line, values.get)


def refuse_stolen_root(root: Path, ini: Path | None) -> None:
    """Raises Misuse where pytest took another project for ours.

    It looks for the root above every existing path on the line, an option's value included.
    """
    here = Path.cwd()
    ours = _project(here)
    if ours is None or (ini is not None and (ini.parent == here or ini.parent in here.parents)):
        return
    if ini != _file(ours) and any(key.startswith("bench_") for key in _read(ours)):
        raise Misuse(
            f"pytest takes {root} for the project because of a path on the line, and not {ours}, "
            "whose ini file has bench_ keys; write --option=PATH, or add -c"
        )


def _file(folder: Path) -> Path | None:
    return next(
        (folder / n for n in FILES if (folder / n).is_file() and _section(folder / n)), None
    )


def _project(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        if any((folder / name).is_file() for name in FILES):
            return folder
    return None


def _read(folder: Path) -> Mapping[str, Any]:
    for name in FILES:
        if (folder / name).is_file() and (found := _section(folder / name)):
            return found
    return {}


def _section(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".toml":
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            tool = data.get("tool", {}).get("pytest", {})
            found = {**data.get("pytest", {}), **tool, **tool.get("ini_options", {})}
            return {key: _text(value) for key, value in found.items()}
        file = IniConfig(path)
        name = "tool:pytest" if path.name == "setup.cfg" else "pytest"
        return dict(file[name].items()) if name in file else {}
    except (tomllib.TOMLDecodeError, ParseError, UnicodeDecodeError) as error:
        raise Misuse(f"{path} cannot be read: {error}") from None


def _text(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value
