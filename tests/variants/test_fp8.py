"""float8 layers against plain arithmetic; torch's product of them runs on processors too."""

import pytest
import torch

from bench.errors import ProofFailed
from bench.needs import why_not
from bench.variant import Place
from tests.variants import tiny
from variants.fp8 import fp8
from variants.recipes.fp8 import fp8_rows
from variants.runtimes.fp8 import Fp8Linear
from variants.runtimes.plain import load_plain
from variants.runtimes.pytorch import prepare

PLACE = Place(threads=2)


def test_rows_are_within_the_three_bits_of_mantissa():
    weight = torch.randn(20, 64, generator=torch.Generator().manual_seed(0))
    stored, scale = fp8_rows(weight)
    assert stored.dtype == torch.float8_e4m3fn
    back = stored.float() * scale
    # Half a step of 2^-3 of the number, or half of the least step, 2^-9, of its row's scale.
    assert ((back - weight).abs() <= torch.maximum(weight.abs() / 16, scale * 2**-10) * 1.001).all()


@pytest.mark.parametrize("rows", [1, 6])
def test_the_layer_is_the_product_of_what_was_rounded(rows):
    dice = torch.Generator().manual_seed(1)
    weight, bias = torch.randn(48, 64, generator=dice), torch.randn(48, generator=dice)
    x = torch.randn(rows, 64, generator=dice).bfloat16()
    stored, scale = fp8_rows(weight)
    step = x.float().abs().amax(-1, keepdim=True) / 448
    expected = ((x.float() / step).to(stored.dtype).float() * step) @ (stored.float() * scale).t()
    found = Fp8Linear(stored, scale, bias)(x).float()
    assert (found - expected - bias).abs().max() < 0.02 * expected.std()


@pytest.mark.parametrize("architecture", list(tiny.ARCHITECTURES))
def test_a_model_stays_near_its_teacher_and_is_proven(tmp_path, architecture):
    base = tiny.checkpoint(tmp_path / "base", architecture)
    (tmp_path / "out").mkdir()
    fp8.build(base, tmp_path / "out")
    prepare(tmp_path / "out", PLACE)
    model, teacher = fp8.open(tmp_path / "out", PLACE), load_plain(base, PLACE, "float32")
    row = [[5, 80, 17, 201, 9, 44, 120, 7]]
    ours, theirs = model.logits(row), teacher.logits(row)
    assert (ours - theirs).std() < 0.2 * theirs.std()
    proof = model.proof()
    expected = 16 if architecture == "gpt2" else 28
    assert proof["quantised_linears"] == {"found": expected, "expected": expected}
    assert proof["weight_bytes"]["float8_e4m3fn"] > 0
    assert model.parameters() == teacher.parameters()


def test_a_layer_in_other_floats_is_refused(tmp_path):
    base = tiny.checkpoint(tmp_path / "base", "gpt2")
    (tmp_path / "out").mkdir()
    fp8.build(base, tmp_path / "out")
    model = fp8.open(tmp_path / "out", PLACE)
    layer = model._module.transformer.h[0].mlp.c_fc
    model._module.transformer.h[0].mlp.c_fc = torch.nn.Linear(64, 256).bfloat16()
    with pytest.raises(ProofFailed, match=r"expected 16 float8 layers.*found 15 layers"):
        model.proof()
    assert isinstance(layer, Fp8Linear)


def test_without_such_a_gpu_it_is_skipped_with_the_reason(monkeypatch):
    monkeypatch.setattr("bench.needs.cuda", lambda: True)
    monkeypatch.setattr("bench.needs._capability", lambda device: (8, 0))
    assert "needs a GPU that multiplies float8 (compute capability 8.9)" in why_not(fp8, "cuda")
    monkeypatch.setattr("bench.needs._capability", lambda device: (9, 0))
    assert why_not(fp8, "cuda") is None
