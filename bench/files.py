"""Where runs and reports go: checked before anything is measured, replaced in one step after."""

from __future__ import annotations

import os
from pathlib import Path

from bench.errors import Misuse


def check_target(path: Path) -> None:
    """Raise Misuse where nothing could be written to `path`."""
    folder = path.resolve().parent
    if path.is_dir():
        raise Misuse(f"{path} is a folder; name a file in it")
    if path.exists() and not path.is_file():
        raise Misuse(f"{path} is not an ordinary file, and a new file would take its place")
    if not folder.is_dir():
        raise Misuse(f"the folder of {path} does not exist; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Misuse(f"the folder of {path} cannot be written to")


def check_folder(path: Path) -> None:
    """Raise Misuse where no folder `path` is and none could be made."""
    if path.exists() and not path.is_dir():
        raise Misuse(f"{path} is no folder")
    near = next(place for place in (path, *path.resolve().parents) if place.exists())
    if not os.access(near, os.W_OK | os.X_OK):
        raise Misuse(f"{near} cannot be written to")


def write_atomically(path: Path, text: str) -> None:
    """Write beside `path`, then rename: a reader never sees half a file."""
    target = path.resolve()
    draft = target.with_name(f".{target.name[:100]}.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)  # a killed session's: process ids come round again
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
