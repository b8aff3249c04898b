"""Writes the embedded teacher's model card from what its training recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_card(facts: Mapping[str, Any], path: Path) -> None:
    """The whole card, from training.json alone."""
    path.write_text("todo\n")
