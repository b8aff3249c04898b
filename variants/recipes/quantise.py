"""Rounds weights to 8 or 4 bits and writes them packed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import PreTrainedModel

from bench.errors import Unsupported
from variants.recipes.checkpoint import copy_companions, embeddings, linears
from variants.runtimes.layers import GROUP, NIBBLE_ZERO
from variants.runtimes.packed import LAYOUT, WEIGHTS

Stored = dict[str, torch.Tensor]
Rounded = tuple[torch.Tensor, torch.Tensor]
Pack = Callable[[str, torch.Tensor], Stored]
"""(layer's name, weight) -> its tensors as they are stored, by the ends of their names."""
SHARED = ("int8", "scale")
"""What a tied output layer reads from the embedding."""


def int8_rows(weight: torch.Tensor, dtype: torch.dtype = torch.float32) -> Rounded:
    """Symmetric int8, one scale a row: (rows, width) -> int8 (rows, width), float32 (rows).

    Scales are numbers that `dtype` holds, so that a kernel of that type reads what was rounded to.
    """
    scale = (weight.abs().amax(1) / 127).clamp_min(1e-12).to(dtype).float()
    return (weight / scale[:, None]).round().clamp(-127, 127).to(torch.int8), scale


def int4_groups(
    weight: torch.Tensor, importance: torch.Tensor | None = None, group: int = GROUP
) -> Rounded:
    """Asymmetric int4 in groups: nibbles uint8 (rows, width / 2), scale and zero bfloat16.

    The kernel's sense of them is `(q - 8) * scale + zero`, scale_zero (width / group, rows, 2). Of
    twenty ranges, from the group's whole one inwards, each group takes that with the least squared
    error, weighted by `importance` (width): the mean square of each input, as in AWQ's search
    (arXiv 2306.00978).
    """
    rows, width = weight.shape
    groups = weight.float().view(rows, width // group, group)
    cost = torch.ones(width) if importance is None else importance
    cost = cost.view(1, width // group, group)
    best, found = torch.full(groups.shape[:2], float("inf")), None
    low, high = groups.amin(-1), groups.amax(-1)
    for shrink in torch.linspace(1.0, 0.62, 20):
        q, scale, zero = _round_to_range(groups, low * shrink, high * shrink)
        back = (q - NIBBLE_ZERO) * scale[..., None] + zero[..., None]
        error = ((back - groups).square() * cost).sum(-1)
        better = error < best
        if found is None:
            found = (q, scale, zero)
        else:
            found = (
                torch.where(better[..., None], q, found[0]),
                torch.where(better, scale, found[1]),
                torch.where(better, zero, found[2]),
            )
        best = torch.minimum(best, error)
    assert found is not None
    return _pack(*found)


def _round_to_range(
    groups: torch.Tensor, low: torch.Tensor, high: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Values 0 to 15 for the range, with scale and zero already rounded to bfloat16."""
    scale = ((high - low) / 15).clamp_min(1e-8).bfloat16().float()
    zero = (low + NIBBLE_ZERO * scale).bfloat16().float()
    q = ((groups - zero[..., None]) / scale[..., None]).round() + NIBBLE_ZERO
    return q.clamp(0, 15), scale, zero


def _pack(q: torch.Tensor, scale: torch.Tensor, zero: torch.Tensor) -> Rounded:
    flat = q.flatten(1).to(torch.uint8)
    nibbles = (flat[:, 0::2] << 4) | flat[:, 1::2]
    scale_zero = torch.stack((scale, zero), -1).transpose(0, 1).contiguous().bfloat16()
    return nibbles, scale_zero


def searched_groups(squares: dict[str, torch.Tensor], group: int) -> Pack:
    """Layers in int4, each group's range weighed by its inputs' mean squares."""

    def pack(name: str, weight: torch.Tensor) -> Stored:
        return int4_stored(*int4_groups(weight, squares[name], group))

    return pack


def int4_stored(nibbles: torch.Tensor, scale_zero: torch.Tensor) -> Stored:
    """As a folder holds them."""
    return {"int4": nibbles, "scale_zero": scale_zero}


def as_int8(weight: torch.Tensor, dtype: torch.dtype = torch.float32) -> Stored:
    """One layer in int8 rows, for W8A8 and for weight-only kernels."""
    return dict(zip(SHARED, int8_rows(weight, dtype), strict=True))


def write_int8(model: PreTrainedModel, base: Path, out: Path) -> None:
    """Every linear W8A8, every embedding in int8, a tied output layer on the embedding's rows."""
    Packing(model, torch.float32).write("int8", lambda _, weight: as_int8(weight), base, out)


def write_int8_weight(model: PreTrainedModel, base: Path, out: Path) -> None:
    """Every linear and embedding in int8, for bfloat16 activations."""
    packing = Packing(model, torch.bfloat16)
    packing.write("int8_weight", lambda _, weight: as_int8(weight, torch.bfloat16), base, out)


def write_int4(
    model: PreTrainedModel, base: Path, out: Path, round_: Pack, group: int = GROUP
) -> None:
    """Every linear in 4 bits by `round_`; embeddings and the output layer in int8."""
    check_groups(model, group)
    Packing(model, torch.bfloat16).write("int4", round_, base, out, head="int8_weight")


def check_groups(model: PreTrainedModel, group: int) -> None:
    """Raises Unsupported where a layer's inputs are no whole number of groups."""
    head = model.get_output_embeddings()
    for name, weight, _ in linears(model):
        if model.get_submodule(name) is not head and weight.shape[1] % group:
            raise Unsupported(
                f"the inputs of {name} are {weight.shape[1]}, no multiple of the group's {group}"
                "; --set takes a smaller group"
            )


class Packing:
    """A model's tables in int8, then layer by layer whatever form its linears take."""

    def __init__(self, model: PreTrainedModel, dtype: torch.dtype) -> None:
        self._model, self._dtype = model, dtype
        self._stored: Stored = {}
        self._layers: dict[str, str] = {}
        for name, weight in embeddings(model):
            self._layers[name] = "embedding"
            self._keep(name, as_int8(weight, dtype))
        head, inputs = model.get_output_embeddings(), model.get_input_embeddings()
        names = {id(module): name for name, module in model.named_modules()}
        self.head = names.get(id(head), "")
        tied = head is not None and head.weight.data_ptr() == inputs.weight.data_ptr()
        self.tied = {self.head: names[id(inputs)]} if tied else {}

    def write(self, kind: str, pack: Pack, base: Path, out: Path, head: str | None = None) -> None:
        """Every linear as `kind` by `pack`, the output layer as `head` where that is another."""
        for name, weight, bias in linears(self._model):
            other = head if name == self.head else None
            self._layers[name] = other or kind
            found = as_int8(weight, self._dtype) if other else pack(name, weight)
            shared = SHARED if name in self.tied else ()
            self._keep(name, {end: value for end, value in found.items() if end not in shared})
            if bias is not None:
                self._keep(name, {"bias": bias.to(self._dtype)})
        self._finish(base, out)

    def _keep(self, name: str, tensors: Stored) -> None:
        self._stored.update({f"{name}.{end}": value for end, value in tensors.items()})

    def _finish(self, base: Path, out: Path) -> None:
        covered = tuple(f"{name}." for name in self._layers)
        for name, value in self._model.named_parameters():
            if not name.startswith(covered):
                if value.dim() >= 2:
                    raise Unsupported(
                        f"{name} is a matrix in no linear layer: it would stay in floats"
                    )
                self._stored[name] = value.detach().to(self._dtype)
        packed = {name: value.contiguous() for name, value in self._stored.items()}
        save_file(packed, out / WEIGHTS)
        dtype = str(self._dtype).removeprefix("torch.")
        facts = {"dtype": dtype, "layers": self._layers, "tied": self.tied}
        (out / LAYOUT).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        self._model.config.save_pretrained(out)
        copy_companions(base, out)


def write_int8_static(
    model: PreTrainedModel, base: Path, out: Path, ranges: dict[str, torch.Tensor], smooth: float
) -> None:
    """Every linear W8A8 with scales for `ranges`, least and greatest of each input (2, in).

    `smooth` is SmoothQuant's exponent (arXiv 2211.10438): how much of an input channel's size its
    weights take over. The output layer's activations keep scales of their own, token by token.
    """
    packing = Packing(model, torch.float32)

    def pack(name: str, weight: torch.Tensor) -> Stored:
        seen = ranges[name]
        share = smoothing(seen.abs().amax(0), weight.abs().amax(0), smooth)
        low, high = (seen[0] / share).amin().clamp_max(0), (seen[1] / share).amax().clamp_min(0)
        step = ((high - low) / 255).clamp_min(1e-12)
        inputs = {"steps": (share * step).float(), "zero": (-low / step).round().to(torch.int32)}
        return {**as_int8(weight * share), **inputs}

    packing.write("int8_static", pack, base, out, head="int8")


def smoothing(inputs: torch.Tensor, weights: torch.Tensor, exponent: float) -> torch.Tensor:
    """What each channel is divided by, (in,), the largest 1: inputs^e / weights^(1 - e)."""
    share = inputs.clamp_min(1e-5) ** exponent / weights.clamp_min(1e-5) ** (1 - exponent)
    return share / share.max()
