"""Activation-aware scales for 4-bit weights (AWQ, arXiv 2306.00978), searched by torchao."""

from __future__ import annotations

from pathlib import Path

import torch
from torchao.prototype.awq import AWQConfig
from torchao.prototype.quantization.int4 import PrototypeInt4WeightOnlyConfig
from torchao.quantization import quantize_
from transformers import PreTrainedModel

from variants.recipes.calibrate import calibration_ids
from variants.recipes.checkpoint import as_linears, load
from variants.recipes.quantise import Pack, Stored, int4_groups, int4_stored


@torch.no_grad()
def input_scales(base: Path, group: int) -> dict[str, torch.Tensor]:
    """What each linear layer's inputs are multiplied by, bfloat16 (in,), by the layer's name.

    torchao tries twenty powers of the inputs' mean size, and keeps the one whose rounded layer
    errs least on the calibration text.
    """
    model = as_linears(load(base, torch.bfloat16))
    head = model.get_output_embeddings()
    rounding = PrototypeInt4WeightOnlyConfig(group_size=group, set_inductor_config=False)

    def body(module: torch.nn.Module, _: str) -> bool:
        return isinstance(module, torch.nn.Linear) and module is not head

    quantize_(model, AWQConfig(rounding, step="prepare"), body)
    model(input_ids=calibration_ids(base), use_cache=False)
    quantize_(model, AWQConfig(rounding, step="convert"), body)
    return {name: module.weight.act_pre_scale.bfloat16() for name, module in scaled(model)}


def scaled(model: PreTrainedModel) -> list[tuple[str, torch.nn.Module]]:
    """The layers that the search has gone over."""
    return [
        (name, module)
        for name, module in model.named_modules()
        if getattr(getattr(module, "weight", None), "act_pre_scale", None) is not None
    ]


def scaled_groups(
    scales: dict[str, torch.Tensor], squares: dict[str, torch.Tensor], group: int
) -> Pack:
    """Layers in int4 whose weights are divided by what their inputs are multiplied by."""

    def pack(name: str, weight: torch.Tensor) -> Stored:
        before = scales[name]
        share = before.float()
        packed = int4_groups(weight / share, squares[name] * share.square(), group)
        return {**int4_stored(*packed), "before": before}

    return pack
