"""Takes the user's model over: copied, never referred to, so that it cannot change under a run."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from bench.source import ORIGIN, model_files
from variants.recipes.checkpoint import linears, load, save_fast_tokenizer

BLOCK = 32
FEW = 16
"""A 4-bit block holds no more than sixteen values."""
FILLED = 24
"""Weights of a block that must not be zero for it to be counted."""
LOOKED_AT = 2048
"""Blocks of a layer, evenly spread."""


def adopt(source: Path, out: Path) -> None:
    """A folder or a .gguf file -> an ordinary checkpoint with origin.json beside it."""
    if source.is_file():
        dequantised(source).save_pretrained(out)
        save_fast_tokenizer(source.parent, out, gguf=source.name)
    else:
        for file in model_files(source):
            shutil.copyfile(file, out / file.name)
        if not (out / "tokenizer.json").exists():
            save_fast_tokenizer(source, out)
    origin = {"kind": "gguf" if source.is_file() else "folder", "dequantised": was_quantised(out)}
    (out / ORIGIN).write_text(json.dumps(origin) + "\n", encoding="utf-8")


def dequantised(gguf: Path) -> PreTrainedModel:
    """The model in a GGUF file, as one that never was quantised: transformers saves no other."""
    read = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.float32, local_files_only=True
    )
    config = copy.deepcopy(read.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(read.state_dict())
    return plain


def was_quantised(folder: Path) -> bool:
    """Whether the weights were once in few bits: then 4-bit rounding falls back on its own grid.

    True where most linear layers are made of such blocks, whatever file they came in.
    """
    found = [few_valued(weight) for _, weight, _ in linears(load(folder))]
    return sum(found) > len(found) / 2


def few_valued(weight: torch.Tensor) -> bool:
    """Whether most blocks of 32 along a row of (out, in) hold no more than sixteen values.

    Trained floats are nearly all different, in bfloat16 too. Zeros are left out: a pruned layer
    has many, and blocks with little else say nothing.
    """
    whole = weight[:, : weight.shape[1] // BLOCK * BLOCK].reshape(-1, BLOCK)
    blocks = whole[:: max(1, len(whole) // LOOKED_AT)].sort(-1).values
    filled = (blocks != 0).sum(-1) >= FILLED
    values = 1 + (blocks.diff(dim=-1) != 0).sum(-1)
    return bool(filled.sum() and (values[filled] <= FEW).float().mean() > 0.5)
