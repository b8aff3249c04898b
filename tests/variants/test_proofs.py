"""A variant that is not what its name says gets an error that says what it is."""

import json

import pytest
import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    MixtralConfig,
    MixtralForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    PhiConfig,
    PhiForCausalLM,
)

from bench.errors import ProofFailed, Unsupported
from bench.variant import Place
from tests.variants import tiny
from variants import (
    awq,
    eager,
    flash,
    half,
    int4,
    int8,
    int8_static,
    int8_weight,
    nf4,
    sdpa_math,
    student,
)
from variants.recipes.checkpoint import linears, load, save
from variants.runtimes import attention
from variants.runtimes.packed import LAYOUT
from variants.runtimes.pytorch import prepare

PLACE = Place(threads=2)
PACKED = [int8.int8, int8_static.int8_static, int8_weight.int8_weight, int4.int4]
SMALL = {
    "vocab_size": tiny.VOCABULARY,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": tiny.POSITIONS,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 0,
}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.checkpoint(tmp_path_factory.mktemp("base"), "gpt2")


@pytest.mark.parametrize("variant", PACKED, ids=lambda v: v.name)
def test_a_layer_that_stayed_in_floats_is_found(variant, base, tmp_path):
    variant.build(base, tmp_path)
    prepare(tmp_path, PLACE)
    model = variant.open(tmp_path, PLACE)
    model._module.transformer.h[0].mlp.c_fc = torch.nn.Linear(64, 256).to(
        torch.bfloat16 if variant in (int4.int4, int8_weight.int8_weight) else torch.float32
    )
    with pytest.raises(ProofFailed, match=r"not quantised: \['transformer.h.0.mlp.c_fc.weight'\]"):
        model.proof()


@pytest.mark.parametrize("variant", PACKED, ids=lambda v: v.name)
def test_a_recipe_that_leaves_layers_out_is_refused(variant, base, tmp_path, monkeypatch):
    def but_no_mlp(model):
        return (row for row in linears(model) if "mlp" not in row[0])

    monkeypatch.setattr("variants.recipes.quantise.linears", but_no_mlp)
    with pytest.raises(Unsupported, match=r"transformer.h.0.mlp.c_fc.weight is a matrix in no"):
        variant.build(base, tmp_path)


ODD = {
    "mixtral": lambda: MixtralForCausalLM(
        MixtralConfig(num_local_experts=2, intermediate_size=64, num_key_value_heads=2, **SMALL)
    ),
    "gemma3": lambda: Gemma3ForCausalLM(
        Gemma3TextConfig(intermediate_size=64, num_key_value_heads=2, head_dim=16, **SMALL)
    ),
    "opt": lambda: OPTForCausalLM(OPTConfig(ffn_dim=64, word_embed_proj_dim=64, **SMALL)),
}


@pytest.mark.parametrize("architecture", list(ODD))
@pytest.mark.parametrize("variant", PACKED, ids=lambda v: v.name)
def test_what_would_stay_in_floats_or_change_is_refused(variant, architecture, base, tmp_path):
    ODD[architecture]().save_pretrained(tmp_path / "odd")
    tiny.tokenizer().save_pretrained(tmp_path / "odd")
    (tmp_path / "out").mkdir()
    with pytest.raises(Unsupported, match=r"is a matrix in no linear layer|is more than a"):
        variant.build(tmp_path / "odd", tmp_path / "out")


@pytest.mark.parametrize("variant", PACKED, ids=lambda v: v.name)
def test_the_output_layers_bias_is_kept(variant, tmp_path):
    torch.manual_seed(0)
    phi = PhiForCausalLM(PhiConfig(intermediate_size=64, **SMALL)).eval()
    with torch.no_grad():
        phi.lm_head.bias.normal_(std=3)
    phi.save_pretrained(tmp_path / "phi")
    tiny.tokenizer().save_pretrained(tmp_path / "phi")
    (tmp_path / "out").mkdir()
    variant.build(tmp_path / "phi", tmp_path / "out")
    prepare(tmp_path / "out", PLACE)
    row = [[1, 2, 3, 4, 5, 6, 7, 8]]
    with torch.no_grad():
        whole = phi(torch.tensor(row)).logits.numpy()
    error = variant.open(tmp_path / "out", PLACE).logits(row) - whole
    assert error.std() < 0.1 * whole.std()


def test_a_student_that_is_its_teacher_is_refused(base):
    prepare(base, PLACE)
    with pytest.raises(ProofFailed, match="expected fewer layers and a record of it, found 4"):
        student.student.open(base, PLACE).proof()


def test_a_missing_tensor_is_refused(base, tmp_path):
    int8.int8.build(base, tmp_path)
    layout = json.loads((tmp_path / LAYOUT).read_text())
    del layout["layers"]["transformer.h.0.attn.c_attn"]
    (tmp_path / LAYOUT).write_text(json.dumps(layout))
    with pytest.raises(ProofFailed, match=r"holds no weights for transformer.h.0.attn.c_attn"):
        int8.int8.open(tmp_path, PLACE)


def test_half_refuses_weights_that_are_not(base, tmp_path, monkeypatch):
    save(load(base, torch.bfloat16), base, tmp_path)
    prepare(tmp_path, PLACE)
    model = half.half.open(tmp_path, PLACE)
    model._module.float()
    with pytest.raises(ProofFailed, match="all weights in bfloat16, found float32"):
        model.proof()


KERNELS = {
    "flash": ("_scaled_dot_product_flash_attention_for_cpu", flash.flash),
    "math": ("_scaled_dot_product_attention_math", sdpa_math.sdpa_math),
    "eager": ("_softmax", eager.eager),
}


@pytest.mark.parametrize("other", list(KERNELS))
@pytest.mark.parametrize("asked", list(KERNELS))
def test_an_attention_variant_refuses_another_kernel(asked, other, base, monkeypatch):
    prepare(base, PLACE)
    name, variant = KERNELS[asked]
    model = variant.open(base, PLACE)
    model._module.set_attn_implementation("eager" if other == "eager" else "sdpa")
    monkeypatch.setattr(attention, "forced", lambda _, forced=attention.forced: forced(other))
    if asked == other:
        assert attention.prove(asked, "cpu", model._kernels(), 12) is None
        assert model.proof()["attention"] == ({name: 12} if other != "eager" else "written out")
        return
    seen = "written out" if other == "eager" else f"'{KERNELS[other][0]}': 12"
    with pytest.raises(ProofFailed, match=rf"expected 12 calls of {name}, .* saw .*{seen}"):
        model.proof()


def test_one_layer_under_another_kernel_is_refused():
    name = KERNELS["flash"][0]
    with pytest.raises(ProofFailed, match="expected 12 calls"):
        attention.prove("flash", "cpu", {name: 11, KERNELS["math"][0]: 1}, 12)
    with pytest.raises(ProofFailed, match="expected 12 calls"):
        attention.prove("flash", "cpu", {name: 12, KERNELS["math"][0]: 1}, 12)
    attention.prove("sdpa", "cpu", {KERNELS["math"][0]: 12}, 12)


def test_the_stored_dtype_is_recorded_beside_the_loaded_one(base, tmp_path):
    save(load(base, torch.bfloat16), base, tmp_path)
    prepare(tmp_path, PLACE)
    proof = flash.flash.open(tmp_path, PLACE).proof()
    assert (proof["dtype"], proof["stored_dtype"]) == ("float32", "BF16")


def test_nf4_refuses_a_layer_that_is_not_packed(base, tmp_path):
    pytest.importorskip("bitsandbytes", reason="the extra bnb is not installed")
    nf4.nf4.build(base, tmp_path)
    prepare(tmp_path, PLACE)
    model = nf4.nf4.open(tmp_path, PLACE)
    assert model.proof()["quantised_linears"] == {"found": 16, "expected": 16}
    model._module.transformer.h[0].mlp.c_fc = torch.nn.Linear(64, 256).bfloat16()
    with pytest.raises(ProofFailed, match=r"expected 16 layers in nf4, found 15.*Linear bfloat16"):
        model.proof()


def test_awq_refuses_layers_that_do_not_scale_their_inputs(base, tmp_path):
    int4.int4.build(base, tmp_path)
    prepare(tmp_path, PLACE)
    model = awq.awq.open(tmp_path, PLACE)
    with pytest.raises(ProofFailed, match="expected 16 layers that scale their inputs, found 0"):
        model.proof()


@pytest.mark.parametrize("variant", [int4.int4, awq.awq], ids=lambda v: v.name)
def test_groups_that_do_not_fit_are_refused_with_the_layers_name(variant, base, tmp_path):
    pytest.importorskip("torchao", reason="the extra torchao is not installed")
    with pytest.raises(Unsupported, match=r"inputs of transformer.h.0.attn.c_attn are 64, no mult"):
        variant.tuned({"group": "128"}).build(base, tmp_path)
