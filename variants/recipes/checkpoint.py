"""Reads and writes ordinary checkpoints: safetensors, config and tokenizer in one folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn
from transformers import AutoTokenizer, PreTrainedModel
from transformers.pytorch_utils import Conv1D
from transformers.utils import logging

from bench.errors import Unsupported
from variants.runtimes.pytorch import load_checkpoint

COMPANIONS = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
              "generation_config.json")  # fmt: skip

logging.disable_progress_bar()


def load(folder: Path, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """The model in `folder`, in evaluation mode."""
    return load_checkpoint(folder, "cpu", dtype)


def save(model: PreTrainedModel, base: Path, out: Path) -> None:
    """An ordinary checkpoint in `out`, with the tokenizer of `base`."""
    model.save_pretrained(out)
    copy_companions(base, out)


def copy_companions(base: Path, out: Path) -> None:
    """What is the same for every form of the model."""
    for name in COMPANIONS:
        if (base / name).is_file() and not (out / name).exists():
            shutil.copyfile(base / name, out / name)


def save_fast_tokenizer(base: Path, out: Path, gguf: str | None = None) -> None:
    """As tokenizer.json, whatever form `base` has it in."""
    extra = {"gguf_file": gguf} if gguf else {}
    AutoTokenizer.from_pretrained(
        base, local_files_only=True, trust_remote_code=False, **extra
    ).save_pretrained(out)


def as_linears(model: PreTrainedModel) -> PreTrainedModel:
    """Replace, in place, every Conv1D by the Linear of the same name that computes the same."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Conv1D):
                setattr(parent, name, _linear(child))
    return model


def _linear(layer: Conv1D) -> nn.Linear:
    with torch.device("meta"):
        made = nn.Linear(*layer.weight.shape)
    made.weight = nn.Parameter(layer.weight.detach().t().contiguous(), requires_grad=False)
    made.bias = layer.bias
    return made


def linears(model: PreTrainedModel) -> Iterator[tuple[str, torch.Tensor, torch.Tensor | None]]:
    """Every linear layer: name, weight (out, in), bias (out) or None. GPT-2's Conv1D included."""
    for name, module in model.named_modules():
        if isinstance(module, Conv1D):  # it stores (in, out)
            yield name, module.weight.detach().t().contiguous(), module.bias.detach()
        elif isinstance(module, nn.Linear):
            _plain(name, module, nn.Linear)
            bias = None if module.bias is None else module.bias.detach()
            yield name, module.weight.detach(), bias


def embeddings(model: PreTrainedModel) -> Iterator[tuple[str, torch.Tensor]]:
    """Every embedding table: name, weight (rows, width)."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Embedding):
            _plain(name, module, nn.Embedding)
            yield name, module.weight.detach()


def _plain(name: str, module: nn.Module, kind: type[nn.Module]) -> None:
    """A subclass may scale or shift in its forward, which a packed layer would leave out."""
    if type(module) is not kind:
        raise Unsupported(
            f"{name} is a {type(module).__name__}, which is more than a {kind.__name__}: "
            "packing it would change what it computes"
        )
