"""Whose code a figure comes from: the user's project by its commit, Weighbridge's own as well."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent
CODE = (".py", ".toml", ".ini", ".cfg")


def tree(root: Path) -> dict[str, Any]:
    """The commit of the working tree that `root` is in, and whether it holds other code.

    None and False where there is no such tree. Of files that git does not know only those count
    that decide a figure: a run, its journal and reports lie beside the code, and change nothing.
    """
    return {
        "commit": _git(root, "rev-parse", "HEAD"),
        "dirty": any(map(_is_code, _status(root))),
    }


def harness() -> dict[str, Any]:
    """Weighbridge's version and code; its commit where it is run from a checkout of its own."""
    try:
        known: str | None = version("weighbridge")
    except PackageNotFoundError:
        known = None
    # installed below somebody's project, it lies in that project's tree, which does not track it
    tracked = _git(HOME, "ls-files", "--error-unmatch", Path(__file__).name) is not None
    found = tree(HOME) if tracked else {"commit": None, "dirty": False}
    return {"version": known, "code": digest(sorted(HOME.rglob("*.py"))), **found}


def digest(files: Iterable[Path]) -> str:
    """16 hexadecimal digits over what the files hold, in their order."""
    found = hashlib.sha256()
    for file in files:
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()[:16]


def _status(root: Path) -> list[str]:
    """A line for each changed file, the unknown ones in unknown folders too."""
    return (_git(root, "status", "--porcelain", "--untracked-files=all") or "").splitlines()


def _is_code(line: str) -> bool:
    return not line.startswith("??") or line.rstrip('"').endswith(CODE)


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", root, *words], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
