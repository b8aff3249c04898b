"""Takes the user's model over: copied, never referred to, so that it cannot change under a run."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from bench.source import model_files
from variants.recipes.checkpoint import linears, load, save_fast_tokenizer

BLOCK = 32
FEW = 16
"""A 4-bit block holds no more than sixteen values."""


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
    (out / "origin.json").write_text(json.dumps(origin) + "\n", encoding="utf-8")


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

    Looks at blocks of 32 of the first linear layer; trained floats are nearly all different.
    """
    _, weight, _ = next(linears(load(folder)))
    blocks = weight.flatten()[: weight.numel() // BLOCK * BLOCK].view(-1, BLOCK)[:2048]
    few = sum(len(block.unique()) <= FEW for block in blocks)
    return few > len(blocks) / 2
