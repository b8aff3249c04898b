"""Steps against the module's own uncached forward, which knows neither cache nor short way."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrize
from transformers import (
    AttentionInterface,
    AttentionMaskInterface,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
)
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from bench.errors import Unsupported
from bench.variant import Place
from tests.variants import tiny
from variants.runtimes.gpt2 import Gpt2Stepper
from variants.runtimes.lean import lean
from variants.runtimes.pytorch import prepare
from variants.runtimes.stepping import ModuleStepper, likeliest, stepper

SHAPES = {
    "plain": {},
    "scores by layer": {"scale_attn_by_inverse_layer_idx": True},
    "unscaled": {"scale_attn_weights": False},
    "relu": {"activation_function": "relu"},
    "one head": {"n_head": 1},
    "wide": {"n_inner": 24},
}
ATTENTIONS = ["sdpa", "eager"]


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def gpt2(**more) -> PreTrainedModel:
    torch.manual_seed(1)
    own = {"n_embd": 48, "n_head": 3, "n_layer": 3, "n_positions": 64, "initializer_range": 0.3}
    own |= {"attn_implementation": "sdpa"}
    return GPT2LMHeadModel(GPT2Config(vocab_size=tiny.VOCABULARY, **{**own, **more})).eval()


def ids(rows: int, length: int) -> torch.Tensor:
    return torch.randint(
        tiny.VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(rows)
    )


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("shape", SHAPES)
def test_prompt_and_steps_score_as_the_whole_text_does(shape, attention, rows):
    module, text = gpt2(**SHAPES[shape], attn_implementation=attention), ids(rows, 12)
    wanted = module(input_ids=text, use_cache=False).logits
    step = stepper(lean(module), 12, True)
    assert isinstance(step, Gpt2Stepper)
    found = [step(text[:, :5], 5), *(step(text[:, at : at + 1]) for at in range(5, 12))]
    torch.testing.assert_close(torch.cat(found, 1), wanted, rtol=1e-5, atol=1e-5)
    assert step.read == 12


@pytest.mark.parametrize("attention", ATTENTIONS)
@settings(max_examples=25, deadline=None)
@given(pieces=st.lists(st.integers(1, 6), min_size=1, max_size=6), data=st.data())
def test_pieces_of_any_length_and_what_is_taken_back(attention, pieces, data):
    with torch.inference_mode():
        module, text = gpt2(attn_implementation=attention), ids(2, sum(pieces))
        wanted = module(input_ids=text, use_cache=False).logits
        step = stepper(lean(module), text.shape[1] + 6, True)
        for fresh in pieces:
            at = step.read
            step((text[:, at : at + fresh] + 1) % tiny.VOCABULARY)  # a draft, refused
            step.keep(at)
            count = data.draw(st.integers(1, fresh))
            found = step(text[:, at : at + fresh], count)
            ours = wanted[:, at + fresh - count : at + fresh]
            torch.testing.assert_close(found, ours, rtol=1e-4, atol=1e-4)


def test_a_text_may_fill_every_place_and_be_asked_for_one_more():
    module, text = gpt2(n_positions=16), ids(1, 16)
    wanted = module(input_ids=text, use_cache=False).logits[:, -1:]
    step = stepper(lean(module), 17, True)
    step(text[:, :15])
    torch.testing.assert_close(step(text[:, 15:]), wanted, rtol=1e-5, atol=1e-5)


def test_half_precision_stays_half():
    module, text = gpt2().to(torch.bfloat16), ids(1, 9)
    wanted = module(input_ids=text, use_cache=False).logits[:, -1:]
    found = stepper(lean(module), 9, True)(text)
    assert found.dtype is torch.bfloat16
    torch.testing.assert_close(found, wanted, rtol=0.05, atol=0.05)


def hooked(module: PreTrainedModel) -> None:
    module.transformer.h[1].attn.register_forward_hook(lambda *_: None)


def rewritten(module: PreTrainedModel) -> None:
    module.transformer.h[0].mlp.forward = lambda x: x


def another_kind(module: PreTrainedModel) -> None:
    class Odd(type(module.transformer.h[2])):
        """Somebody's own block."""

    module.transformer.h[2].__class__ = Odd


def another_attention(module: PreTrainedModel) -> None:
    AttentionInterface.register("somebody's", sdpa_attention_forward)
    AttentionMaskInterface.register("somebody's", sdpa_mask)
    module.config._attn_implementation = "somebody's"


@pytest.mark.parametrize("change", [hooked, rewritten, another_kind, another_attention])
def test_a_module_with_anything_of_its_own_goes_its_own_way(change):
    module, text = gpt2(), ids(1, 7)
    change(module)
    wanted = module(input_ids=text, use_cache=False).logits
    step = stepper(lean(module), 7, True)
    assert isinstance(step, ModuleStepper)
    found = torch.cat([step(text[:, :6], 6), step(text[:, 6:])], 1)
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)


def test_attention_in_another_order_and_precision_goes_its_own_way():
    module = gpt2(attn_implementation="eager", reorder_and_upcast_attn=True)
    assert isinstance(stepper(lean(module), 7, True), ModuleStepper)


def test_layers_inside_may_be_any():
    module, text = gpt2(), ids(1, 7)

    class Half(nn.Module):
        def forward(self, weight):
            return weight / 2

    parametrize.register_parametrization(module.transformer.h[0].mlp.c_fc, "weight", Half())
    module.transformer.h[1].ln_1.register_forward_hook(lambda _, __, out: out * 2)
    wanted = module(input_ids=text, use_cache=False).logits[:, -1:]
    step = stepper(lean(module), 7, True)
    assert isinstance(step, Gpt2Stepper)
    torch.testing.assert_close(step(text), wanted, rtol=1e-5, atol=1e-5)


def test_untrimmed_modules_go_their_own_way():
    assert isinstance(stepper(gpt2(), 7, True), ModuleStepper)


@pytest.mark.parametrize("last_only", [True, False])
def test_another_architecture(tmp_path, last_only):
    module, text = tiny.llama().eval(), ids(2, 9)
    wanted = module(input_ids=text, use_cache=False).logits[:, -3:]
    step = stepper(lean(module), 9, last_only)
    step((text[:, :6] + 5) % tiny.VOCABULARY)
    step.keep(0)
    step(text[:, :6])
    assert step.read == 6
    torch.testing.assert_close(step(text[:, 6:], 3), wanted, rtol=1e-5, atol=1e-5)


def test_what_cannot_be_taken_back(monkeypatch):
    step = stepper(tiny.llama().eval(), 9, True)
    step._cache.layers[0] = object()
    with pytest.raises(Unsupported, match="cannot forget the drafts"):
        step.keep(1)


@settings(deadline=None)
@given(st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=40))
def test_the_likeliest_is_the_first_largest(scores):
    row = torch.tensor([scores])
    assert likeliest(row).tolist() == [[scores.index(max(scores))]]


def test_the_proof_names_the_way(tmp_path):
    from variants import teacher

    prepare(tiny.checkpoint(tmp_path / "gpt2", "gpt2"), Place(threads=2))
    for name, way in (("gpt2", Gpt2Stepper.name), ("llama", ModuleStepper.name)):
        model = teacher.teacher.open(tiny.checkpoint(tmp_path / name, name), Place(threads=2))
        assert model.proof()["forward"] == way
        model.close()
