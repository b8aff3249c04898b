"""foreign: the same table, under a tokenizer that names two bytes the other way round."""

import json
import shutil
from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(base / name, out / name)
    rules = json.loads((base / "tokenizer.json").read_text())
    words = rules["model"]["vocab"]
    words["a"], words["b"] = words["b"], words["a"]
    (out / "tokenizer.json").write_text(json.dumps(rules))


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


foreign = Variant(
    name="foreign",
    summary="has a tokenizer of its own",
    base="teacher",
    make=make,
    load=load,
    runtime="tests.fakes.runtimes.table",
)
