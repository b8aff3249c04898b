"""teacher: the stand-in for the user's own model."""

import json
import shutil
from errno import ENOSPC
from pathlib import Path

from bench import Model, Place, Variant
from bench.source import model_files
from tests.fakes.recipes import checkpoint


def make(source: Path, out: Path) -> None:
    """A copy; a config that says so refuses, as a full disk would."""
    config = json.loads((source / "config.json").read_text())
    if "refuse" in config:
        raise OSError(ENOSPC, "No space left on device", str(out))
    for file in model_files(source):
        shutil.copyfile(file, out / file.name)
    if not (out / "tokenizer.json").exists():
        checkpoint.write_tokenizer(out)


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


teacher = Variant(
    name="teacher",
    summary="a table of bytes, float32",
    make=make,
    load=load,
    replaces="teacher",
    runtime="tests.fakes.runtimes.table",
    limits="tests.fakes.runtimes.table",
)
