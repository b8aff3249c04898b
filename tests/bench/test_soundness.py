"""A folder with NaN in it never becomes an artifact, and the message says where the NaN is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from bench.errors import MakeFailed
from bench.soundness import broken_tensors, check_sound
from bench.variant import Place, Variant
from tests.variants import tiny
from variants.runtimes.pytorch import TorchModel, load_checkpoint
from variants.teacher import teacher

PLACE = Place(threads=2)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_the_tensor_is_named_with_its_file(tmp_path: Path, bad: float) -> None:
    sound = torch.ones(3, dtype=torch.bfloat16)
    broken = torch.tensor([1.0, bad])
    save_file({"a.weight": sound, "b.scale": broken}, tmp_path / "model.safetensors")
    assert list(broken_tensors(tmp_path)) == ["model.safetensors: b.scale"]
    with pytest.raises(MakeFailed, match=r"model\.safetensors: b\.scale holds NaN or infinity"):
        check_sound(teacher, tmp_path, PLACE)


def test_whole_numbers_are_never_nan(tmp_path: Path) -> None:
    save_file({"a.int8": torch.ones(3, dtype=torch.int8)}, tmp_path / "packed.safetensors")
    assert list(broken_tensors(tmp_path)) == []


@pytest.mark.parametrize("architecture", list(tiny.ARCHITECTURES))
def test_a_layer_that_overflows_is_named_and_the_model_still_answers(
    tmp_path: Path, architecture: str
) -> None:
    folder = tiny.checkpoint(tmp_path, architecture)
    module = load_checkpoint(folder, "cpu", torch.float32)
    name = (
        "transformer.h.1.mlp.c_proj" if architecture == "gpt2" else "model.layers.1.mlp.down_proj"
    )
    with torch.no_grad():
        module.get_submodule(name).weight.fill_(3e38)

    def load(_: Path, __: Place) -> TorchModel:
        return TorchModel(module)

    variant = Variant(name="x", summary="", load=load, runtime="variants.runtimes.pytorch")
    with pytest.raises(MakeFailed, match=f"first in {name}"):
        check_sound(variant, folder, PLACE)


def test_a_sound_folder_passes(tmp_path: Path) -> None:
    opened: list[Path] = []

    def load(folder: Path, place: Place) -> TorchModel:
        opened.append(folder)
        return teacher.open(folder, place)  # type: ignore[return-value]

    variant = Variant(name="x", summary="", load=load, runtime="variants.runtimes.pytorch")
    folder = tiny.checkpoint(tmp_path, "gpt2")
    check_sound(variant, folder, PLACE)
    assert opened == [folder]  # it was looked at, not passed over
