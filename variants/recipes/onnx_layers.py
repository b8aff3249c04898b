"""Layers that become ONNX Runtime's own operators for weights in 8 or 4 bits when exported."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from transformers import PreTrainedModel

from bench.errors import Unsupported
from variants.recipes.checkpoint import as_linears, embeddings, linears
from variants.recipes.onnx_blocks import Blocks, packed, rounded

MATMUL = "com.microsoft::MatMulNBits"
GATHER = "com.microsoft::GatherBlockQuantized"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How few bits, and where."""

    bits: int
    """Of the body's matrices."""
    edge_bits: int
    """Of the embeddings and the output layer, which share one tensor where they are tied."""
    block: int
    """Weights that share a scale; a multiple of it must be every layer's width."""
    accuracy: int
    """MatMulNBits' accuracy_level: 4 rounds activations to int8 block by block, 0 and 1 do not."""


class _Held(nn.Module):
    """What both forms share: weights (rows, blocks, bytes), scales and zero points as buffers."""

    def __init__(self, blocks: Blocks, width: int) -> None:
        super().__init__()
        self.bits, self.block, self.width = blocks.bits, blocks.block, width
        weight, zero = packed(blocks)
        self.register_buffer("weight", weight)
        self.register_buffer("scale", blocks.scale)
        self.register_buffer("zero", zero)

    def attributes(self) -> dict[str, int]:
        """What both operators want to know."""
        return {"bits": self.bits, "block_size": self.block}


class PackedLinear(nn.Module):
    """A linear layer as one MatMulNBits, its bias included."""

    def __init__(self, held: _Held, bias: torch.Tensor | None, accuracy: int) -> None:
        super().__init__()
        self.held, self.accuracy = held, accuracy
        self.bias = None if bias is None else nn.Parameter(bias.float(), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) float32 -> (..., out) float32; only its export computes."""
        held = self.held
        rows = held.weight.shape[0]
        # Optional inputs that are not there: zero points, and an order of columns.
        rest = [held.zero, None, self.bias] if self.bias is not None else [held.zero]
        return torch.onnx.ops.symbolic(
            MATMUL,
            [x, held.weight, held.scale, *rest],
            {"K": held.width, "N": rows, "accuracy_level": self.accuracy, **held.attributes()},
            dtype=x.dtype,
            shape=(*x.shape[:-1], rows),
            version=1,
        )


class PackedEmbedding(nn.Module):
    """A look-up of rows that are unpacked as they are read; may share a tied output layer's."""

    def __init__(self, held: _Held) -> None:
        super().__init__()
        self.held = held

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """(...) ids -> (..., width) float32; only its export computes."""
        held = self.held
        zero = [] if held.zero is None else [held.zero]
        return torch.onnx.ops.symbolic(
            GATHER,
            [held.weight.flatten(1), ids, held.scale, *zero],
            {"gather_axis": 0, "quantize_axis": 1, **held.attributes()},
            dtype=held.scale.dtype,
            shape=(*ids.shape, held.width),
            version=1,
        )


def pack_layers(
    model: PreTrainedModel, plan: Plan, squares: dict[str, torch.Tensor] | None = None
) -> None:
    """Replace, in place, every linear layer and every embedding by its packed form.

    `squares`: the mean square of each layer's inputs by its name, as `input_squares` has it; where
    it is given, ranges are searched for the least error on what the layer sees.
    """
    as_linears(model)
    head = model.get_output_embeddings()
    squares = squares or {}
    edges = {name: _hold(name, weight, plan.edge_bits, plan) for name, weight in embeddings(model)}
    shared = {model.get_submodule(name).weight.data_ptr(): held for name, held in edges.items()}
    layers: dict[str, nn.Module] = {name: PackedEmbedding(held) for name, held in edges.items()}
    for name, weight, bias in linears(model):
        edge = model.get_submodule(name) is head
        held = shared.get(weight.data_ptr()) or _hold(
            name, weight, plan.edge_bits if edge else plan.bits, plan, squares.get(name)
        )
        layers[name] = PackedLinear(held, bias, plan.accuracy)
    for name, layer in layers.items():
        parent, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(parent), leaf, layer)
    for name, value in model.named_parameters():
        if value.dim() >= 2:
            raise Unsupported(f"{name} is a matrix in no linear layer: it would stay in floats")


def _hold(
    name: str,
    weight: torch.Tensor,
    bits: int,
    plan: Plan,
    importance: torch.Tensor | None = None,
) -> _Held:
    width = weight.shape[1]
    if width % plan.block:
        fits = [size for size in (16, 32, 64, 128, 256) if width % size == 0]
        way = f"set block to {fits[-1]}" if fits else "no block fits it"
        raise Unsupported(f"the inputs of {name} are {width}, no multiple of {plan.block}: {way}")
    return _Held(rounded(weight, bits, plan.block, importance), width)
