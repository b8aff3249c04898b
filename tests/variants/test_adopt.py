"""A teacher that was once rounded to few bits is known by its weights."""

import json
from pathlib import Path

import pytest
import torch

from bench.source import ORIGIN, origin_warning
from tests.variants import tiny
from variants.recipes.adopt import adopt, few_valued
from variants.recipes.checkpoint import linears, load


def rounded(weight: torch.Tensor, bits: int = 4, block: int = 32) -> torch.Tensor:
    """Each block of a row to 2**bits levels between its least and its largest, as Q4_1 does."""
    parts = weight.reshape(-1, block)
    low = parts.min(-1, keepdim=True).values
    step = (parts.max(-1, keepdim=True).values - low) / (2**bits - 1)
    return (low + step * ((parts - low) / step).round()).reshape(weight.shape)


def checkpoint(folder: Path, architecture: str, share: float) -> Path:
    """A tiny checkpoint, the first `share` of its linear layers rounded to 4 bits."""
    source = tiny.checkpoint(folder, architecture)
    model = load(source)
    layers = [(name, model.get_submodule(name), w) for name, w, _ in linears(model)]
    with torch.no_grad():
        for _, module, weight in layers[: round(share * len(layers))]:
            new = rounded(weight)
            module.weight.copy_(new if module.weight.shape == weight.shape else new.t())
            if module.weight.shape[0] == module.weight.shape[1]:
                module.weight.copy_(new.t() if type(module).__name__ == "Conv1D" else new)
    model.save_pretrained(source)
    return source


@pytest.mark.parametrize("architecture", list(tiny.ARCHITECTURES))
@pytest.mark.parametrize(("share", "flagged"), [(0.0, False), (0.3, False), (0.8, True)])
def test_most_layers_decide(architecture: str, share: float, flagged: bool, tmp_path: Path) -> None:
    source = checkpoint(tmp_path / "source", architecture, share)
    (tmp_path / "out").mkdir()
    adopt(source, tmp_path / "out")
    known = json.loads((tmp_path / "out" / ORIGIN).read_text())
    assert known == {"kind": "folder", "dequantised": flagged}
    assert (origin_warning(tmp_path / "out") is not None) == flagged


def test_a_folder_without_an_origin_is_not_flagged(tmp_path: Path) -> None:
    assert origin_warning(tmp_path) is None


DICE = torch.Generator().manual_seed(0)
WEIGHT = torch.randn(64, 128, generator=DICE)


@pytest.mark.parametrize(
    ("weight", "few"),
    [
        (WEIGHT, False),
        (WEIGHT.bfloat16().float(), False),
        (rounded(WEIGHT), True),
        (rounded(WEIGHT).bfloat16().float(), True),
        (rounded(WEIGHT, bits=2), True),
        (rounded(WEIGHT, bits=8), False),
        (WEIGHT * (torch.rand(64, 128, generator=DICE) > 0.7), False),
        (torch.zeros(64, 128), False),
        (WEIGHT[:, :20], False),
    ],
    ids=["floats", "bfloat16", "4 bits", "4 bits in bfloat16", "2 bits", "8 bits", "pruned",
         "zeros", "narrow"],
)  # fmt: skip
def test_a_layer(weight: torch.Tensor, few: bool) -> None:
    assert few_valued(weight) is few
