"""Fewer bits, and fewer columns: what the stand-ins do to the table."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.fakes.recipes import checkpoint


def rounded(base: Path, out: Path, steps: int) -> None:
    """The table in whole numbers from -steps to steps."""
    _companions(base, out)
    numbers, _ = checkpoint.read_table(base)
    top = max(map(abs, numbers))
    checkpoint.write_table(out, [round(number / top * steps) for number in numbers], "b")


def thinned(base: Path, out: Path) -> None:
    """Every other column."""
    _companions(base, out)
    numbers, code = checkpoint.read_table(base)
    checkpoint.write_table(out, numbers[::2], code)


def _companions(base: Path, out: Path) -> None:
    for name in ("config.json", "tokenizer.json"):
        shutil.copyfile(base / name, out / name)
