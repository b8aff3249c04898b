"""What one forward of a torch module asks of the machine: matrices, look-up tables, cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from bench.roofline import Work
from variants.runtimes.layers import Int8Embedding, Int8Linear, Int8StaticLinear

EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")


def work_of(module: PreTrainedModel, last_only: bool) -> Work | None:
    """Its work; None for architectures that read only some weights, or attend otherwise."""
    config, head = module.config.get_text_config(), module.get_output_embeddings()
    if head is None or not _plain(module, config):
        return None
    matrices = {id(part): _numbers(part) for part in module.modules()}
    dtype = next(p.dtype for p in module.parameters() if p.is_floating_point())
    heads = config.num_attention_heads
    whole = any(isinstance(part, (Int8Linear, Int8StaticLinear)) for part in module.modules())
    return Work(
        computed_in="int8" if whole else str(dtype).removeprefix("torch."),
        table_bytes=_table_bytes(module),
        body=sum(matrices.values()) - matrices[id(head)],
        head=matrices[id(head)],
        last_only=last_only,
        layers=config.num_hidden_layers,
        heads=heads,
        kv_heads=getattr(config, "num_key_value_heads", None) or heads,
        head_size=getattr(config, "head_dim", None) or config.hidden_size // heads,
        cache_item=dtype.itemsize,
    )


def _plain(module: PreTrainedModel, config: Any) -> bool:
    """Every token through every matrix, and every past position attended to."""
    if any((getattr(config, name, None) or 1) > 1 for name in EXPERTS):
        return False
    if set(getattr(config, "layer_types", None) or ["full_attention"]) != {"full_attention"}:
        return False
    known = {id(p) for part in module.modules() if _known(part) for p in part.parameters(False)}
    return all(p.dim() < 2 or id(p) in known for p in module.parameters())


def _known(part: nn.Module) -> bool:
    return isinstance(part, (nn.Linear, Conv1D, nn.Embedding)) or hasattr(part, "multiplies")


def _numbers(part: nn.Module) -> int:
    """Numbers in the matrix that a token is multiplied by."""
    if hasattr(part, "multiplies"):  # a packed one holds fewer numbers than it stands for
        return int(part.multiplies)
    return int(part.weight.numel()) if isinstance(part, (nn.Linear, Conv1D)) else 0


def _table_bytes(module: PreTrainedModel) -> int:
    """Of the embeddings' tensors that no matrix shares."""
    parts = list(module.modules())
    read = {t.data_ptr() for part in parts if _numbers(part) for t in _tensors(part)}
    tables = [part for part in parts if isinstance(part, (nn.Embedding, Int8Embedding))]
    own = {t.data_ptr(): t for part in tables for t in _tensors(part)}
    return sum(t.numel() * t.element_size() for at, t in own.items() if at not in read)


def _tensors(part: nn.Module) -> Iterator[torch.Tensor]:
    yield from part.parameters(False)
    yield from part.buffers(False)
