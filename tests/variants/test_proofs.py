"""A variant that is not what its name says gets an error that says what it is."""

import json

import pytest
import torch

from bench.errors import ProofFailed
from bench.variant import Place
from tests.variants import tiny
from variants import flash, half, int4, int8
from variants.recipes.checkpoint import load, save
from variants.runtimes.packed import LAYOUT
from variants.runtimes.pytorch import prepare

PLACE = Place(threads=2)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.checkpoint(tmp_path_factory.mktemp("base"), "gpt2")


@pytest.mark.parametrize("variant", [int8.int8, int4.int4], ids=lambda v: v.name)
def test_a_layer_that_was_left_out_is_found(variant, base, tmp_path):
    variant.make(base, tmp_path)
    layout = json.loads((tmp_path / LAYOUT).read_text())
    layout["linears"] += 1
    (tmp_path / LAYOUT).write_text(json.dumps(layout))
    prepare(tmp_path, PLACE)
    with pytest.raises(ProofFailed, match=f"expected {layout['linears']} {variant.name} layers"):
        variant.load(tmp_path, PLACE).proof()


def test_a_missing_tensor_is_refused(base, tmp_path):
    int8.int8.make(base, tmp_path)
    layout = json.loads((tmp_path / LAYOUT).read_text())
    del layout["layers"]["transformer.h.0.attn.c_attn"]
    (tmp_path / LAYOUT).write_text(json.dumps(layout))
    with pytest.raises(ProofFailed, match=r"holds no weights for transformer.h.0.attn.c_attn"):
        int8.int8.load(tmp_path, PLACE)


def test_half_refuses_weights_that_are_not(base, tmp_path, monkeypatch):
    save(load(base, torch.bfloat16), base, tmp_path)
    prepare(tmp_path, PLACE)
    model = half.half.load(tmp_path, PLACE)
    model._module.float()
    with pytest.raises(ProofFailed, match="all weights in bfloat16, found float32"):
        model.proof()


def test_flash_refuses_another_kernel(base):
    prepare(base, PLACE)
    model = flash.flash.load(base, PLACE)
    model._module.set_attn_implementation("eager")
    with pytest.raises(ProofFailed, match="expected 12 calls of _scaled_dot_product_flash"):
        model.proof()


def test_the_stored_dtype_is_recorded_beside_the_loaded_one(base, tmp_path):
    save(load(base, torch.bfloat16), base, tmp_path)
    prepare(tmp_path, PLACE)
    proof = flash.flash.load(tmp_path, PLACE).proof()
    assert (proof["dtype"], proof["stored_dtype"]) == ("float32", "BF16")
