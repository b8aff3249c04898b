"""LoRA adapters: trained, given, merged and over 4 bits, against peft and transformers alone."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, PreTrainedModel

from bench.artifacts import Artifacts
from bench.catalog import Catalog
from bench.errors import Misuse, ProofFailed
from bench.source import resolve
from bench.variant import Place, Variant
from tests.variants import tiny
from variants.lora import Options, lora, reads
from variants.lora_merged import lora_merged
from variants.qlora import qlora
from variants.recipes.checkpoint import load
from variants.runtimes.pytorch import prepare

peft = pytest.importorskip("peft")
pytest.importorskip("bitsandbytes")

from variants.recipes import adapt  # noqa: E402
from variants.runtimes import adapters  # noqa: E402
from variants.runtimes.nf4 import four_bits  # noqa: E402

SHORT = Options(steps=3, batch=1, length=16)
ROW = [[5, 80, 17, 201, 9, 44, 120, 7]]
TOKENS = torch.randint(tiny.VOCABULARY, (3000,), generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    """Random tokens; and `prepare` turns gradients off for all that follows."""
    with pytest.MonkeyPatch.context() as patch, torch.enable_grad():
        patch.setattr(adapt, "training_tokens", lambda _: TOKENS)
        yield


@pytest.fixture(params=list(tiny.ARCHITECTURES))
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tiny.checkpoint(tmp_path / request.param, request.param)


def made(variant: Variant, base: Path, **options: object) -> Path:
    folder = base.parent / f"{base.name}-{variant.name}"
    folder.mkdir()
    chosen = replace(SHORT, **options) if variant.options else None
    with torch.enable_grad():
        replace(variant, options=chosen).build(base, folder)
    return folder


def opened(variant: Variant, folder: Path):
    prepare(folder, Place())
    return variant.open(folder, Place())


def untied(folder: Path) -> PreTrainedModel:
    """An oracle's base: transformers' own way to give the output layer weights of its own."""
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    return model


def logits(model: PreTrainedModel) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.tensor(ROW)).logits.float()


def test_peft_alone_reads_the_folder_and_says_the_same(base: Path) -> None:
    folder = made(lora, base)
    model = opened(lora, folder)
    oracle = peft.PeftModel.from_pretrained(untied(folder / "base"), folder).eval()
    assert torch.allclose(torch.tensor(model.logits(ROW)), logits(oracle), atol=1e-4)
    plain = logits(load(base))
    assert not torch.allclose(logits(oracle), plain, atol=1e-4)
    model.close()


def test_attention_and_output_layer_are_adapted_at_rank_8(base: Path) -> None:
    tensors = load_file(made(lora, base) / "adapter_model.safetensors")
    layers = {name.partition(".lora_")[0].removeprefix("base_model.model.") for name in tensors}
    parts = {name.rpartition(".")[2] for name in layers}
    attention = {"c_attn", "c_proj"} if base.name == "gpt2" else {f"{p}_proj" for p in "qkvo"}
    assert parts == {*attention, "lm_head"}
    assert not any("mlp" in name for name in layers)
    assert {t.shape[0] for name, t in tensors.items() if "lora_A" in name} == {8}


def test_the_output_layer_can_be_left_out_and_stays_tied(tmp_path: Path) -> None:
    base = tiny.checkpoint(tmp_path / "gpt2", "gpt2")
    model = opened(lora, made(lora, base, head=False, rank=2))
    assert model._module.lm_head.weight is model._module.transformer.wte.weight
    proof = model.proof()
    assert (proof["adapted_layers"], proof["ranks"]) == (8, [2])
    model.close()


def test_the_base_is_a_copy_and_is_not_changed(base: Path) -> None:
    folder = made(lora, base)
    name = "model.safetensors"
    assert (folder / "base" / name).read_bytes() == (base / name).read_bytes()
    assert not (folder / "base" / name).samefile(base / name)
    assert json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"] == (
        "base"
    )


def test_merged_it_is_an_ordinary_checkpoint_that_says_the_same(base: Path) -> None:
    folder = made(lora, base)
    merged = made(lora_merged, folder)
    beside, model = opened(lora, folder), opened(lora_merged, merged)
    ours, theirs = (torch.tensor(m.logits(ROW)) for m in (model, beside))
    assert (ours - theirs).abs().max() < 1e-5 * theirs.std()
    oracle = AutoModelForCausalLM.from_pretrained(merged).eval()
    assert torch.allclose(ours, logits(oracle), atol=1e-4)
    tables = [m.get_input_embeddings().weight for m in (oracle, load(base))]
    assert torch.equal(*tables)  # the adapter of a tied output layer must not move it
    assert not torch.equal(oracle.lm_head.weight, load(base).lm_head.weight)
    assert model.proof()["merged_layers"] == beside.proof()["adapted_layers"]
    beside.close()
    model.close()


def test_it_can_be_chained_and_is_declared_in_its_order() -> None:
    catalog = Catalog.of(("variants",))
    assert catalog.get("student+lora+lora_merged").base == "student+lora"
    with pytest.raises(Misuse, match="cannot be made from 'lora'"):
        catalog.get("lora+int8")
    with pytest.raises(Misuse, match="cannot be made from 'qlora'"):
        catalog.get("qlora+lora_merged")


def theirs(folder: Path, base: Path, **wanted: object) -> Path:
    """An adapter that somebody else trained and saved with peft."""
    torch.manual_seed(3)
    names = ["c_attn"] if base.name == "gpt2" else ["q_proj", "v_proj"]
    config = peft.LoraConfig(r=4, target_modules=names, task_type="CAUSAL_LM", **wanted)
    model = peft.get_peft_model(load(base), config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.3)
    model.save_pretrained(folder)
    return folder


def test_a_given_adapter_is_taken_over(base: Path, tmp_path: Path) -> None:
    given = theirs(tmp_path / "given", base)
    folder = made(lora, base, adapter=str(given))
    model = opened(lora, folder)
    oracle = peft.PeftModel.from_pretrained(load(base), given).eval()
    assert torch.allclose(torch.tensor(model.logits(ROW)), logits(oracle), atol=1e-4)
    assert model.proof()["ranks"] == [4]
    assert not list(folder.glob("*.md"))
    model.close()


def test_a_given_adapter_that_changes_makes_another_artifact(tmp_path: Path) -> None:
    base = tiny.checkpoint(tmp_path / "gpt2", "gpt2")
    given = theirs(tmp_path / "given", base)
    catalog = Catalog.of(("variants",), (f"lora.adapter={given}",))
    places = Artifacts(tmp_path / "made", catalog, resolve(str(base), catalog), lambda *_: None)
    first = places.place(catalog.get("lora"))
    weights = load_file(given / "adapter_model.safetensors")
    save_file({n: t + 1 for n, t in weights.items()}, given / "adapter_model.safetensors")
    assert places.place(catalog.get("lora")) != first


def damaged(given: Path, how: str) -> Path:
    weights, config = given / "adapter_model.safetensors", given / "adapter_config.json"
    said = json.loads(config.read_text())
    if how == "pickle":
        weights.rename(given / "adapter_model.bin")
    elif how == "broken weights":
        weights.write_bytes(b"no safetensors")
    elif how == "broken config":
        config.write_text("{")
    elif how == "another kind":
        config.write_text(json.dumps({**said, "peft_type": "IA3"}))
    elif how == "whole layers":
        config.write_text(json.dumps({**said, "modules_to_save": ["wpe"]}))
    elif how == "another model":
        tensors = load_file(weights)
        save_file({n: t[:, :-1].contiguous() for n, t in tensors.items()}, weights)
    elif how == "unknown layers":
        config.write_text(json.dumps({**said, "target_modules": ["nothing_like_it"]}))
    return given


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("pickle", r"lora.adapter=.*: adapter_model.safetensors cannot be read .*only safetensors"),
        ("broken weights", r"adapter_model.safetensors cannot be read"),
        ("broken config", r"adapter_config.json cannot be read"),
        ("another kind", r"says peft_type IA3; only LORA adapters are loaded"),
        ("whole layers", r"it holds whole layers too \(\['wpe'\]\)"),
        ("another model", r"c_attn.lora_A.weight is \(4, 63\), and this model needs \(4, 64\)"),
        ("unknown layers", r"does not fit GPT2LMHeadModel"),
    ],
)
def test_a_given_folder_that_is_no_adapter_for_this_model(
    how: str, says: str, tmp_path: Path
) -> None:
    base = tiny.checkpoint(tmp_path / "gpt2", "gpt2")
    given = damaged(theirs(tmp_path / "given", base), how)
    with pytest.raises(Misuse, match=says) as caught:
        made(lora, base, adapter=str(given))
    assert "\n" not in str(caught.value)


def test_a_missing_adapter_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"lora.adapter=nowhere holds no adapter_config.json"):
        reads(Options(adapter="nowhere"))
    assert list(reads(Options())) == []


def test_a_killed_adapter_goes_on(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("variants.recipes.training.SAVED_EVERY", 1)
    whole = made(lora, base)
    parts, calls = base.parent / "parts", []
    parts.mkdir()

    def killing(model, ids):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(model, ids)

    real = adapt.next_token_loss
    monkeypatch.setattr(adapt, "next_token_loss", killing)
    for _ in range(2):
        try:
            replace(lora, options=SHORT).build(base, parts)
        except KeyboardInterrupt:
            assert list(parts.glob("*.state.safetensors"))
    assert len(calls) == 4
    for file in ("adapter_model.safetensors", "adapter_config.json"):
        assert (whole / file).read_bytes() == (parts / file).read_bytes()
    assert not list(parts.glob("*state*"))


def test_an_adapter_that_changes_nothing_fails_the_proof(base: Path) -> None:
    folder = made(lora, base)
    file = folder / "adapter_model.safetensors"
    save_file({n: t * ("lora_A" in n) for n, t in load_file(file).items()}, file)
    with pytest.raises(ProofFailed, match="found every B matrix zero"):
        opened(lora, folder).proof()


def test_a_layer_that_lost_its_adapter_fails_the_proof(base: Path) -> None:
    model = opened(lora, made(lora, base))
    model._module.lm_head = model._module.lm_head.base_layer
    with pytest.raises(ProofFailed, match=r"expected \d+ adapted layers, found \d+"):
        model.proof()


def test_an_adapter_folder_is_not_merged(base: Path) -> None:
    """Nor is a checkpoint without the record of a merge."""
    folder = made(lora, base)
    with pytest.raises(ProofFailed, match="expected a merged checkpoint"):
        opened(lora_merged, folder / "base").proof()


def test_four_bits_are_what_bitsandbytes_rounds_to(base: Path) -> None:
    """An oracle in floats: each weight de-quantised by bitsandbytes, then peft's own adapter."""
    import bitsandbytes

    folder = made(qlora, base)
    oracle = untied(base).bfloat16()
    stored = four_bits(folder / "base", "cpu")
    for name, module, _ in adapters.matrices(stored):
        weight = bitsandbytes.functional.dequantize_4bit(module.weight, module.weight.quant_state)
        own = oracle.get_submodule(name).weight
        own.data.copy_(weight if own.shape == weight.shape and base.name != "gpt2" else weight.t())
    oracle = peft.PeftModel.from_pretrained(oracle, folder).eval()
    model = opened(qlora, folder)
    expected = logits(oracle)
    assert (torch.tensor(model.logits(ROW)) - expected).std() < 0.03 * expected.std()
    proof = model.proof()
    linears = [w.numel() for n, _, w in adapters.matrices(load(base))]
    assert (proof["storage"], proof["nf4_numbers"]) == ("uint8", sum(linears))
    extra = sum(p.numel() for n, p in oracle.named_parameters() if "lora_" in n)
    assert model.parameters() == untied(base).num_parameters() + extra
    model.close()


def test_a_float_layer_fails_the_proof_of_four_bits(base: Path) -> None:
    model = opened(qlora, made(qlora, base))
    layers = model._module.base_model.h if base.name == "gpt2" else model._module.model.layers
    mlp = layers[0].mlp
    name, width = ("c_fc", 256) if base.name == "gpt2" else ("up_proj", 96)
    setattr(mlp, name, torch.nn.Linear(64, width).bfloat16())
    with pytest.raises(ProofFailed, match=rf"not in 4 bits: .*{name} is a Linear"):
        model.proof()


def test_another_4_bit_type_fails_the_proof(base: Path) -> None:
    model = opened(qlora, made(qlora, base))
    for layer in adapters._below_adapters(model._module).values():
        layer.weight.quant_type = "fp4"
    with pytest.raises(ProofFailed, match=r"not in NF4: .* holds torch.uint8 \(fp4\)"):
        model.proof()
