"""What an exported ONNX graph is called with, and the facts that stand beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

GRAPH = "model.onnx"
STANDARD = "standard.onnx"
"""Beside the fused graph, on the same weights: attention in the standard's own operators."""
FACTS = "graph.json"
FUSED = "com.microsoft::GroupQueryAttention"
INPUTS = ("input_ids", "position_ids", "keep", "last", "total")
"""Of every graph, before the cache. Rows are equally long, so one row of positions serves all.

input_ids (batch, tokens), position_ids (1, tokens), keep (n): the positions of `input_ids` whose
logits are wanted; last (batch) and total (): the cache's length after this call, less one and
whole, both int32.
"""
LOGITS = "logits"
"""The first output: float32 (batch, n, vocabulary)."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the runtime has to know that the graph does not say."""

    layers: int
    heads: int
    kv_heads: int
    head_size: int
    matrices: int
    """Linear layers of the architecture, counted before anything was quantised."""
    parameters: int
    """Numbers that the weights stand for, tied ones once."""
    body: int
    """Numbers in the matrices that every token is multiplied by, the output layer apart."""
    head: int
    """Numbers in the output layer's matrix."""
    table: int
    """Numbers in the embedding tables that no matrix shares."""
    table_bits: int = 32
    """Of a number in the embedding tables."""
    bits: int = 32
    """Of a weight in the body's matrices."""
    accuracy: int | None = None
    """MatMulNBits' accuracy_level: 4 multiplies in int8, 0 and 1 in float32."""

    @classmethod
    def read(cls, folder: Path) -> Facts:
        """From the folder of a made variant."""
        return cls(**json.loads((folder / FACTS).read_text(encoding="utf-8")))


def cache_names(which: str, layers: int) -> list[str]:
    """All layers' keys, then all their values; `which` is past or present."""
    return [f"{which}.{i}.{kind}" for kind in ("key", "value") for i in range(layers)]
