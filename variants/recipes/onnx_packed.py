"""Exports a model whose weights are packed in blocks of 8 or 4 bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from variants.recipes.calibrate import input_squares
from variants.recipes.checkpoint import load
from variants.recipes.onnx_export import export, facts_of
from variants.recipes.onnx_layers import Plan, pack_layers


class How(Protocol):
    """What the variants' options share."""

    @property
    def block(self) -> int:
        """Weights that share a scale."""
        ...

    @property
    def accuracy(self) -> int:
        """MatMulNBits' accuracy_level."""
        ...


def export_packed(base: Path, out: Path, *, bits: int, edge_bits: int, how: How) -> None:
    """The checkpoint in `base` into `out`. Four bits read training text to search their ranges."""
    model = load(base)
    facts = replace(facts_of(model), bits=bits, table_bits=edge_bits, accuracy=how.accuracy)
    squares = input_squares(model, base) if bits == 4 else None
    plan = Plan(bits=bits, edge_bits=edge_bits, block=how.block, accuracy=how.accuracy)
    pack_layers(model, plan, squares)
    export(model, facts, base, out)
