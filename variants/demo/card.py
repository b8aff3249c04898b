"""Writes the embedded teacher's model card from what its training recorded."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

TEMPLATE = Path(__file__).with_name("card.md.j2")
NAMES = {
    "topics": "half of `pydoc_data.topics`",
    "docstrings": "docstrings of the standard library",
    "sources": "sources of the standard library, tests left out",
}


def write_card(facts: Mapping[str, Any], path: Path) -> None:
    """The whole card, from training.json alone."""
    curve = facts["curve"]
    half = min(curve, key=lambda point: abs(point["step"] - curve[-1]["step"] / 2))
    page = Environment(undefined=StrictUndefined).from_string(TEMPLATE.read_text(encoding="utf-8"))
    path.write_text(page.render(**facts, names=NAMES, last=curve[-1], half=half), encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write_card(json.loads((folder / "training.json").read_text()), folder / "README.md")
