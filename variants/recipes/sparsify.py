"""Sets weights to zero where they matter least, without changing any shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import PreTrainedModel

from bench.errors import Unsupported
from variants.recipes.calibrate import input_squares
from variants.recipes.checkpoint import load, save
from variants.runtimes.shapes import matrices
from variants.runtimes.sparse import SPARSE

Score = Callable[[str, torch.Tensor], torch.Tensor]
"""(a layer's name, its weight (out, in)) -> what each weight matters, of the same shape."""


def zero_smallest(base: Path, out: Path, ratio: float, scope: str) -> None:
    """The share `ratio` of the weights with the least magnitude: of each layer, or of all."""
    model = load(base)
    found = list(matrices(model))
    if scope == "global":
        every = torch.cat([weight.abs().flatten() for _, _, weight in found])
        goes = _smallest(every, ratio).split([weight.numel() for _, _, weight in found])
    else:
        goes = tuple(_smallest(weight.abs().flatten(), ratio) for _, _, weight in found)
    for (_, _, weight), mask in zip(found, goes, strict=True):
        weight.masked_fill_(mask.view_as(weight), 0)
    _finish(model, base, out, {"ratio": ratio, "scope": scope})


def zero_two_of_four(base: Path, out: Path, score: str) -> None:
    """Of every four weights in a row the two with the lesser score (arXiv 2104.08378)."""
    model = load(base)
    rate = _wanda(model, base) if score == "wanda" else lambda _, weight: weight.abs()
    for name, _, weight in matrices(model):
        if weight.shape[1] % 4:
            raise Unsupported(f"sparse24: the inputs of {name} are {weight.shape[1]}, not fours")
        four = rate(name, weight).reshape(-1, 4)
        mask = torch.zeros_like(four, dtype=torch.bool)
        mask.scatter_(1, four.sort(dim=-1, stable=True).indices[:, :2], True)
        weight.masked_fill_(mask.view(weight.shape), 0)
    _finish(model, base, out, {"score": score})


def _wanda(model: PreTrainedModel, base: Path) -> Score:
    """|weight| x the norm of its input over training text (arXiv 2306.11695)."""
    squares = input_squares(model, base)
    return lambda name, weight: weight.abs() * squares[name].sqrt()


def _smallest(values: torch.Tensor, ratio: float) -> torch.Tensor:
    """Marks exactly int(ratio x all) of them; of equals the earlier ones."""
    mask = torch.zeros(len(values), dtype=torch.bool)
    mask[values.sort(stable=True).indices[: int(len(values) * ratio)]] = True
    return mask


def _finish(model: PreTrainedModel, base: Path, out: Path, facts: dict[str, object]) -> None:
    save(model, base, out)
    (out / SPARSE).write_text(json.dumps(facts) + "\n", encoding="utf-8")
