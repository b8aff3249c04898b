"""Writes a checkpoint as a GGUF file, in float32 or quantised by llama.cpp's own code."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy
import torch
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from bench.errors import MakeFailed, Unsupported
from variants.recipes.checkpoint import copy_companions, linears, load
from variants.runtimes.ggml import FILE, library
from variants.runtimes.gguftypes import TYPES

ARCHITECTURES = {"gpt2": gguf.MODEL_ARCH.GPT2, "llama": gguf.MODEL_ARCH.LLAMA}
"""Of a config's `model_type`: those whose tensors and constants are mapped here."""


def write_gguf(base: Path, out: Path, kind: str) -> None:
    """The checkpoint in `base` as `out`/model.gguf; `kind`: f32, or one of llama.cpp's TYPES.

    Raises Unsupported where the format would lose something of the model.
    """
    copy_companions(base, out)
    model = load(base)
    if kind == "f32":
        write_float(model, out / FILE)
        return
    check_widths(model, kind)
    whole = out / "whole.gguf"
    try:
        write_float(model, whole)
        quantise(whole, out / FILE, kind)
    finally:
        whole.unlink(missing_ok=True)


def check_widths(model: PreTrainedModel, kind: str) -> None:
    """Raises Unsupported where llama.cpp would silently take another type."""
    block = 256 if "_k" in kind else 32
    for name, weight, _ in linears(model):
        if weight.shape[1] % block:
            raise Unsupported(
                f"gguf: {kind} packs rows in blocks of {block}, and {name} has rows of "
                f"{weight.shape[1]}"
            )


def quantise(whole: Path, path: Path, kind: str) -> None:
    """By llama.cpp's own choice of each tensor's type. Raises MakeFailed."""
    llama = library()
    wish = llama.llama_model_quantize_default_params()
    wish.ftype, wish.nthread = TYPES[kind], torch.get_num_threads()
    code = llama.llama_model_quantize(
        str(whole).encode(), str(path).encode(), ctypes.byref(wish)
    )  # fmt: skip
    if code:
        raise MakeFailed(f"llama.cpp could not quantise {whole.name} to {kind}: it returned {code}")


def write_float(model: PreTrainedModel, path: Path) -> None:
    """All tensors in float32, no tokenizer: token ids go in and come out."""
    config = model.config
    kind = ARCHITECTURES.get(config.model_type)
    if kind is None:
        raise Unsupported(
            f"gguf: the architecture {config.model_type!r} is not mapped; "
            f"mapped: {', '.join(ARCHITECTURES)}"
        )
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[kind])
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("none")
    writer.add_vocab_size(config.vocab_size)
    {"gpt2": _gpt2_constants, "llama": _llama_constants}[config.model_type](writer, config)
    for name, tensor in tensors(model, kind):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tensors(model: PreTrainedModel, kind: Any) -> Iterator[tuple[str, numpy.ndarray[Any, Any]]]:
    """Every parameter once, by llama.cpp's name and in its layout."""
    names = gguf.get_tensor_name_map(kind, model.config.num_hidden_layers)
    turned = {name for name, part in model.named_modules() if isinstance(part, Conv1D)}
    for name, value in model.named_parameters():  # a tied head is no parameter of its own
        new = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if new is None:
            raise Unsupported(f"gguf: {name} has no name in the architecture {kind.name}")
        found = value.detach().float()
        if name.endswith(".weight") and name.removesuffix(".weight") in turned:
            found = found.t()
        if kind is gguf.MODEL_ARCH.LLAMA:
            found = _interleaved(name, found, model.config)
        yield new, found.contiguous().numpy()


def _gpt2_constants(writer: Any, config: Any) -> None:
    _refuse(config, scale_attn_by_inverse_layer_idx=True)
    if config.activation_function not in ("gelu_new", "gelu_pytorch_tanh"):
        raise Unsupported(f"gguf: gpt2 with {config.activation_function} is not llama.cpp's")
    writer.add_context_length(config.n_positions)
    writer.add_embedding_length(config.n_embd)
    writer.add_feed_forward_length(config.n_inner or 4 * config.n_embd)
    writer.add_block_count(config.n_layer)
    writer.add_head_count(config.n_head)
    writer.add_layer_norm_eps(config.layer_norm_epsilon)


def _llama_constants(writer: Any, config: Any) -> None:
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("rope_type", "default") != "default":
        raise Unsupported(f"gguf: rope_type {rope['rope_type']!r} is not mapped")
    if config.hidden_act != "silu":
        raise Unsupported(f"gguf: llama with {config.hidden_act} is not llama.cpp's")
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_rope_dimension_count(size)
    writer.add_rope_freq_base(rope.get("rope_theta", 10000.0))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)


def _refuse(config: Any, **values: Any) -> None:
    for name, value in values.items():
        if getattr(config, name, None) == value:
            raise Unsupported(f"gguf: {config.model_type} with {name} is not llama.cpp's")


def _interleaved(name: str, found: torch.Tensor, config: Any) -> torch.Tensor:
    """Rotary pairs side by side, where transformers has them half a head apart."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    part = name.split(".")[-2]
    if part not in heads:
        return found
    halves = found.reshape(heads[part], 2, -1, *found.shape[1:])
    return halves.transpose(1, 2).reshape(found.shape)
