"""GGUF files against torch on the same weights, and proofs that read the file itself."""

import subprocess

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from bench.errors import ProofFailed, Unsupported
from bench.variant import Place
from tests.variants import tiny
from variants.recipes.checkpoint import load
from variants.runtimes.pytorch import TorchModel

gguf = pytest.importorskip("gguf")
pytest.importorskip("llama_cpp")

from variants import gguf_q4, gguf_q8  # noqa: E402
from variants.recipes.gguf_file import write_gguf  # noqa: E402
from variants.runtimes import ggml, llamacpp  # noqa: E402
from variants.runtimes.gguftypes import prove_types  # noqa: E402

PLACE = Place(threads=2)
ROWS = [[5, 80, 17, 201, 9, 44, 120, 7], [33, 2, 250, 60, 61, 62, 8, 100]]


@pytest.fixture(autouse=True)
def no_grad():
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module", params=list(tiny.ARCHITECTURES))
def base(request, tmp_path_factory):
    return tiny.checkpoint(tmp_path_factory.mktemp(request.param), request.param)


def opened(folder, kind, cache="f32"):
    """The file, or a skip where this build of llama.cpp cannot run it."""
    try:
        llamacpp.prepare(folder, PLACE)
    except Unsupported as error:
        pytest.skip(str(error))
    return llamacpp.LlamaModel(folder / ggml.FILE, PLACE, kind, cache)


def distance(found, wanted) -> float:
    return float(np.sqrt(np.mean((found - wanted) ** 2)) / wanted.std())


def test_in_floats_it_is_the_same_model(base, tmp_path):
    """llama.cpp takes its GELU from a table in 16 bits; nothing else differs."""
    write_gguf(base, tmp_path, "f32")
    model, oracle = opened(tmp_path, "f32"), TorchModel(load(base))
    limit = 1e-3 if oracle._live.config.model_type == "gpt2" else 1e-5
    assert distance(model.logits(ROWS), oracle.logits(ROWS)) < limit
    assert model.generate(ROWS, 12) == oracle.generate(ROWS, 12)
    assert model.parameters() == oracle.parameters()
    proof = model.proof()
    assert set(proof["tensors"]) == {"F32"}
    assert (proof["threads"], proof["cache"], proof["device"]) == (2, "f32", "cpu")
    assert "CPU" in proof["build"]
    model.close()
    with pytest.raises(RuntimeError, match="closed"):
        model.logits(ROWS)


def test_a_tied_llama_and_a_wide_head(tmp_path):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=tiny.VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=32, tie_word_embeddings=True,
        max_position_embeddings=64, initializer_range=0.2,
    )  # fmt: skip
    (tmp_path / "base").mkdir()
    LlamaForCausalLM(config).save_pretrained(tmp_path / "base")
    (tmp_path / "out").mkdir()
    write_gguf(tmp_path / "base", tmp_path / "out", "f32")
    model, oracle = opened(tmp_path / "out", "f32"), TorchModel(load(tmp_path / "base"))
    assert distance(model.logits(ROWS), oracle.logits(ROWS)) < 1e-5
    assert model.parameters() == oracle.parameters()
    model.close()


def test_8_bits_are_off_by_half_a_step_at_most(base, tmp_path):
    """The file's own weights, unpacked by another library, against the checkpoint's."""
    whole, packed = tmp_path / "whole", tmp_path / "packed"
    for folder, kind in ((whole, "f32"), (packed, "q8_0")):
        folder.mkdir()
        write_gguf(base, folder, kind)
    floats = {one.name: one for one in gguf.GGUFReader(whole / ggml.FILE).tensors}
    looked = 0
    for one in gguf.GGUFReader(packed / ggml.FILE).tensors:
        wanted = floats[one.name].data
        found = gguf.dequantize(one.data, one.tensor_type).reshape(wanted.shape)
        if one.tensor_type.name == "F32":
            assert np.array_equal(found, wanted)
            continue
        looked += 1
        blocks = np.abs(wanted.reshape(-1, 32)).max(-1)
        error = np.abs(found - wanted).reshape(-1, 32).max(-1)
        steps = 0.5 + 127 * 2**-11  # the scale itself has 11 bits of precision
        assert (error <= blocks / 127 * steps + 1e-7).all()
    assert looked >= 16
    assert [file.name for file in packed.glob("*.gguf")] == [ggml.FILE]


@pytest.mark.parametrize(("variant", "limit"), [(gguf_q8.gguf_q8, 0.05), (gguf_q4.gguf_q4, 0.6)])
def test_rows_one_by_one_and_together_with_and_without_a_cache(variant, limit, base, tmp_path):
    variant.build(base, tmp_path)
    kind = "q8_0" if variant is gguf_q8.gguf_q8 else "q4_0"
    opened(tmp_path, kind).close()
    model = variant.open(tmp_path, PLACE)
    together = model.logits(ROWS)
    assert distance(together, TorchModel(load(base)).logits(ROWS)) < limit
    alone = np.concatenate([model.logits([row]) for row in ROWS])
    assert distance(together, alone) < 0.05
    seen = []

    def follow(scores):
        seen.append(scores.copy())
        return [row[len(seen) + 3] for row in ROWS]

    model.decode([row[:4] for row in ROWS], 4, follow)
    assert distance(np.stack(seen, 1), together[:, 3:7]) < 0.05
    assert kind in model.weight_bytes()
    model.close()


@pytest.mark.parametrize("cache", ["f32", "f16"])
def test_the_cache_is_kept_as_it_was_asked_for(cache, base, tmp_path):
    write_gguf(base, tmp_path, "f32")
    model = opened(tmp_path, "f32", cache)
    assert model.proof()["cache"] == cache
    model.close()


def test_a_file_in_floats_is_no_8_bit_variant(base, tmp_path):
    write_gguf(base, tmp_path, "f32")
    model = opened(tmp_path, "q8_0")
    with pytest.raises(ProofFailed, match=r"expected the file type q8_0 \(7\), found 0"):
        model.proof()
    model.close()


BLOCK = {f"blk.{at}.ffn_up.weight": ("Q4_0", 100, 56) for at in range(4)}


def test_types_that_are_not_the_names_are_refused():
    prove_types({**BLOCK, "token_embd.weight": ("Q6_K", 900, 700)}, "q4_0", 2)
    prove_types({**BLOCK, "position_embd.weight": ("F32", 900, 3600)}, "q4_0", 2)
    with pytest.raises(ProofFailed, match=r"in floats are \['output.weight'\]"):
        prove_types({**BLOCK, "output.weight": ("F16", 9, 18)}, "q4_0", 2)
    with pytest.raises(ProofFailed, match=r"expected most of the layers in Q4_K, found"):
        prove_types(BLOCK, "q4_k_m", 15)


def test_widths_that_the_blocks_do_not_divide_are_refused(base, tmp_path):
    variant = gguf_q4.gguf_q4.tuned({"type": "q4_k_m"})
    with pytest.raises(Unsupported, match=r"q4_k_m packs rows in blocks of 256, .* 64"):
        variant.build(base, tmp_path)
    assert not list(tmp_path.glob("*.gguf"))


def small(**more):
    return {"vocab_size": 64, "n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 16, **more}


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (lambda: GPT2LMHeadModel(GPT2Config(**small(activation_function="relu"))), "with relu"),
        (
            lambda: GPT2LMHeadModel(GPT2Config(**small(scale_attn_by_inverse_layer_idx=True))),
            "with scale_attn_by_inverse_layer_idx",
        ),
        (
            lambda: LlamaForCausalLM(
                LlamaConfig(
                    vocab_size=64, hidden_size=32, intermediate_size=32, num_hidden_layers=1,
                    num_attention_heads=2,
                    rope_parameters={"rope_type": "linear", "factor": 2.0, "rope_theta": 1e4},
                )
            ),
            "rope_type 'linear' is not mapped",
        ),
    ],
)  # fmt: skip
def test_what_the_format_would_lose_is_refused(model, says, tmp_path):
    (tmp_path / "base").mkdir()
    model().save_pretrained(tmp_path / "base")
    (tmp_path / "out").mkdir()
    with pytest.raises(Unsupported, match=says):
        write_gguf(tmp_path / "base", tmp_path / "out", "q8_0")
    assert not list((tmp_path / "out").glob("*.gguf"))


def test_an_architecture_that_is_not_mapped_is_refused(tmp_path):
    from tests.variants.test_proofs import ODD

    (tmp_path / "base").mkdir()
    ODD["opt"]().save_pretrained(tmp_path / "base")
    with pytest.raises(Unsupported, match="architecture 'opt' is not mapped; mapped: gpt2, llama"):
        write_gguf(tmp_path / "base", tmp_path, "q8_0")


def test_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / ggml.FILE).write_bytes(b"no model")
    with pytest.raises(Unsupported, match=r"cannot load model.gguf"):
        ggml.Loaded(tmp_path / ggml.FILE, 1, "f32")


def test_a_build_that_dies_in_its_amx_kernels_says_how_to_build_it(tmp_path, monkeypatch):
    died = subprocess.CompletedProcess([], -11)
    monkeypatch.setattr(llamacpp.subprocess, "run", lambda *_, **__: died)
    with pytest.raises(Unsupported, match=r"dies of SIGSEGV .* CFLAGS='-mno-amx-tile"):
        llamacpp._try_amx(tmp_path / "another")
