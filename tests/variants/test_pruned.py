"""Structured pruning: exact slices, scores, the config, and a proof that counts."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    PhiConfig,
    PhiForCausalLM,
    PreTrainedModel,
)

from bench.errors import ProofFailed, Unsupported
from bench.variant import Place
from tests.variants import tiny
from variants.pruned import Options, pruned
from variants.pruned_control import Options as Control
from variants.pruned_control import pruned_control
from variants.recipes import prune
from variants.recipes.channels import best, keep_channels
from variants.recipes.checkpoint import load, save
from variants.recipes.material import Slices
from variants.runtimes.pytorch import prepare
from variants.runtimes.shapes import mlps
from variants.runtimes.sparse import PRUNED

TEXT = Slices.of(
    torch.randint(tiny.VOCABULARY, (9000,), generator=torch.Generator().manual_seed(0))
)
QUICK = Options(recovery=0, batch=1, length=16, round_to=16)
ROW = torch.tensor([[5, 80, 17, 201, 9, 44, 120, 7]])
SMALL = {"vocab_size": tiny.VOCABULARY, "hidden_size": 64, "intermediate_size": 96,
         "num_hidden_layers": 2, "max_position_embeddings": tiny.POSITIONS}  # fmt: skip


@pytest.fixture(scope="module", params=list(tiny.ARCHITECTURES))
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.checkpoint(tmp_path_factory.mktemp("base") / request.param, request.param)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The training text is read elsewhere; `prepare` turns gradients off for all that follows."""
    tokens = torch.cat([TEXT.learnt, TEXT.looked_at])
    monkeypatch.setattr(prune, "training_tokens", lambda _: tokens)
    monkeypatch.setattr("variants.recipes.training.cpu_flags", lambda: ())
    monkeypatch.setattr(prune, "SCORED_ROWS", 4)
    monkeypatch.setattr(prune, "SCORED_LENGTH", 64)
    with torch.enable_grad():
        yield


def out(model: PreTrainedModel) -> torch.Tensor:
    with torch.no_grad():
        return model(ROW).logits


def silenced(model: PreTrainedModel, kept: list[torch.Tensor]) -> PreTrainedModel:
    """An oracle: the channels that are not kept give nothing to what comes after them."""
    for mlp, stays in zip(mlps(model), kept, strict=True):
        gone = torch.ones(mlp.width, dtype=torch.bool)
        gone[stays] = False

        def hook(_, given, gone=gone):
            return (given[0].masked_fill(gone, 0),)

        mlp.out.register_forward_pre_hook(hook)
    return model


def test_a_slice_is_exact(base: Path) -> None:
    """The same to rounding as the whole model whose other channels are held at zero."""
    sliced = load(base)
    dice = torch.Generator().manual_seed(1)
    kept = [torch.randperm(m.width, generator=dice)[:40].sort().values for m in mlps(sliced)]
    for mlp, stays in zip(mlps(sliced), kept, strict=True):
        keep_channels(mlp, stays)
    oracle = out(silenced(load(base), kept))
    assert (out(sliced) - oracle).abs().max() < 1e-4 * oracle.std()


def test_the_dependency_graph_of_torch_pruning_cuts_the_same_from_a_llama(tmp_path: Path) -> None:
    tp = pytest.importorskip("torch_pruning")
    base = tiny.checkpoint(tmp_path / "llama", "llama")
    ours, theirs = load(base), load(base)
    kept = torch.arange(0, 96, 3)
    gone = [at for at in range(96) if at % 3]
    graph = tp.DependencyGraph().build_dependency(
        theirs, example_inputs=ROW, forward_fn=lambda m, x: m(x, use_cache=False).logits
    )
    for layer in theirs.model.layers:
        group = graph.get_pruning_group(layer.mlp.gate_proj, tp.prune_linear_out_channels, gone)
        group.prune()
    for mlp in mlps(ours):
        keep_channels(mlp, kept)
    assert ours.num_parameters() == theirs.num_parameters() < load(base).num_parameters()
    assert torch.equal(out(ours), out(theirs))


def test_the_score_is_the_gradient_of_the_loss_by_a_gate_per_token(base: Path) -> None:
    """The oracle multiplies each activation by a gate of one and asks for the gate's gradient."""
    model = load(base)
    found = prune.taylor(model, TEXT, [mlp.out for mlp in mlps(model)])
    oracle = load(base)
    gates: list[torch.Tensor] = []

    def gate(_, given):
        gates.append(torch.ones_like(given[0], requires_grad=True))
        return (given[0] * gates[-1],)

    for mlp in mlps(oracle):
        mlp.out.register_forward_pre_hook(gate)
    expected = [torch.zeros(mlp.width) for mlp in mlps(oracle)]
    for ids in prune._scored(TEXT, oracle):
        gates.clear()
        oracle(ids, labels=ids).loss.backward()
        for total, one in zip(expected, gates, strict=True):
            total += one.grad.abs().sum((0, 1))
    for ours, theirs in zip(found, expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-7)


def test_a_channel_that_does_nothing_goes_first(base: Path) -> None:
    model = load(base)
    with torch.no_grad():
        for mlp in mlps(model):
            weight = mlp.out.weight
            (weight[7] if type(mlp.out).__name__ == "Conv1D" else weight[:, 7]).zero_()
    before = out(model)
    prune.remove_channels(model, TEXT, mlps(model)[0].width - 1)
    assert (out(model) - before).abs().max() < 1e-4 * before.std()


def test_best_keeps_the_order_and_the_earlier_of_equals() -> None:
    assert best(torch.tensor([1.0, 5, 5, 0, 9, 5]), 3).tolist() == [1, 2, 4]


@pytest.mark.parametrize(
    ("full", "ratio", "step", "left"),
    [(1280, 0.2, 32, 1024), (1280, 0.25, 32, 960), (1280, 0.01, 32, 1248), (1280, 0.01, 1, 1267),
     (1280, 0.99, 32, 32), (1280, 0.99, 1, 12), (100, 0.3, 1, 70), (3072, 0.5, 1, 1536)],
)  # fmt: skip
def test_what_is_left(full: int, ratio: float, step: int, left: int) -> None:
    assert prune.width_left(full, Options(ratio=ratio, round_to=step)) == left


def test_a_rounding_that_leaves_all_is_refused() -> None:
    with pytest.raises(Unsupported, match="of 32 channels in multiples of 32 none can go"):
        prune.width_left(32, Options(ratio=0.5))


@pytest.mark.parametrize("steps", [1, 3])
def test_the_folder_is_an_ordinary_smaller_checkpoint(
    steps: int, base: Path, tmp_path: Path
) -> None:
    options = replace(QUICK, ratio=0.5, steps=steps, between=2, recovery=2)
    replace(pruned, options=options).build(base, tmp_path)
    oracle = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    whole = load(base)
    assert {m.width for m in mlps(oracle)} == {mlps(whole)[0].width // 2}
    assert oracle.num_parameters() < whole.num_parameters()
    prepare(tmp_path, Place())
    model = replace(pruned, options=options).open(tmp_path, Place())
    assert torch.allclose(torch.tensor(model.logits(ROW.tolist())), out(oracle), atol=1e-4)
    proof = model.proof()
    assert proof["channels"]["left"] * 2 == proof["channels"]["of"]
    assert proof["parameters"] == {
        "left": oracle.num_parameters(), "of": whole.num_parameters()
    }  # fmt: skip
    model.close()


def test_rounds_remove_as_many_each(base: Path, tmp_path: Path, monkeypatch) -> None:
    seen = []
    real = prune.remove_channels

    def watched(model, text, left):
        seen.append(left)
        real(model, text, left)

    monkeypatch.setattr(prune, "remove_channels", watched)
    full = mlps(load(base))[0].width
    replace(pruned, options=replace(QUICK, ratio=0.5, steps=4)).build(base, tmp_path)
    assert seen == [full - full // 8 * times for times in (1, 2, 3, 4)]


def test_groups_of_attention_go_with_their_query_heads(tmp_path: Path) -> None:
    base = tiny.checkpoint(tmp_path / "llama", "llama")
    options = replace(QUICK, groups=1)
    made = tmp_path / "made"
    made.mkdir()
    replace(pruned, options=options).build(base, made)
    reloaded = AutoModelForCausalLM.from_pretrained(made)
    assert (reloaded.config.num_attention_heads, reloaded.config.num_key_value_heads) == (2, 1)
    assert reloaded.model.layers[0].self_attn.q_proj.weight.shape == (32, 64)
    prepare(made, Place())
    model = replace(pruned, options=options).open(made, Place())
    assert model.proof()["heads"]["left"] == {"heads": 2, "groups": 1}
    assert model.parameters() == reloaded.num_parameters()
    model.close()


def test_groups_are_cut_exactly(tmp_path: Path) -> None:
    """The oracle holds the other groups' outputs at zero."""
    base = tiny.checkpoint(tmp_path / "llama", "llama")
    cut, oracle = load(base), load(base)
    scores = prune.taylor(cut, TEXT, [m.self_attn.o_proj for m in cut.model.layers])
    prune.remove_groups(cut, TEXT, 1)
    for layer, score in zip(oracle.model.layers, scores, strict=True):
        keeps = int(score.view(2, -1).sum(-1).argmax())

        def hook(_, given, keeps=keeps):
            x = given[0].clone()
            x.view(*x.shape[:-1], 2, -1)[..., 1 - keeps, :] = 0
            return (x,)

        layer.self_attn.o_proj.register_forward_pre_hook(hook)
    assert (out(cut) - out(oracle)).abs().max() < 1e-4 * out(oracle).std()


def three_groups() -> PreTrainedModel:
    return LlamaForCausalLM(LlamaConfig(num_attention_heads=8, num_key_value_heads=4, **SMALL))


@pytest.mark.parametrize(
    ("make", "groups", "says"),
    [
        (tiny.gpt2, 1, "cannot express fewer heads"),
        (tiny.llama, 2, "0 of 2 key-value groups cannot be expressed"),
        (three_groups, 1, "3 of 4 key-value groups cannot be expressed with a width of 64"),
    ],
)
def test_groups_that_the_config_cannot_express(make, groups: int, says: str) -> None:
    with pytest.raises(Unsupported, match=says):
        prune.remove_groups(make(), TEXT, groups)


OTHERS = {
    "phi": lambda: PhiForCausalLM(PhiConfig(num_attention_heads=4, **SMALL)),
    "neox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(num_attention_heads=4, **SMALL)),
}


@pytest.mark.parametrize("name", list(OTHERS))
def test_other_architectures(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    OTHERS[name]().save_pretrained(tmp_path / "base")
    tiny.tokenizer().save_pretrained(tmp_path / "base")
    (tmp_path / "made").mkdir()
    replace(pruned, options=QUICK).build(tmp_path / "base", tmp_path / "made")
    prepare(tmp_path / "made", Place())
    model = replace(pruned, options=QUICK).open(tmp_path / "made", Place())
    assert model.proof()["channels"] == {"left": 64, "of": 96, "asked_ratio": 0.2}
    model.close()


def test_an_unknown_mlp_is_refused() -> None:
    experts = MixtralForCausalLM(
        MixtralConfig(num_local_experts=2, num_attention_heads=4, num_key_value_heads=2, **SMALL)
    )
    with pytest.raises(Unsupported, match="0 of 2 layers have an MLP of a known form"):
        mlps(experts)


@pytest.fixture
def made(base: Path, tmp_path: Path) -> Path:
    replace(pruned, options=QUICK).build(base, tmp_path)
    prepare(tmp_path, Place())
    return tmp_path


def proof_of(folder: Path, options: Options = QUICK) -> dict:
    return replace(pruned, options=options).open(folder, Place()).proof()


def test_a_dense_folder_fails_the_proof(base: Path, made: Path) -> None:
    (made / "model.safetensors").unlink()
    save(load(base), base, made)
    with pytest.raises(ProofFailed, match=r"expected \d+ of \d+ channels in each MLP"):
        proof_of(made)


def test_another_ratio_fails_the_proof(made: Path) -> None:
    with pytest.raises(ProofFailed, match=r"expected \d+ of \d+ channels"):
        proof_of(made, replace(QUICK, ratio=0.7))


def test_a_count_that_does_not_add_up_fails_the_proof(made: Path) -> None:
    facts = json.loads((made / PRUNED).read_text())
    facts["base"]["parameters"] += 1
    (made / PRUNED).write_text(json.dumps(facts))
    with pytest.raises(ProofFailed, match=r"expected \d+ parameters, \d+ fewer than before"):
        proof_of(made)


def test_no_record_fails_the_proof(made: Path) -> None:
    (made / PRUNED).unlink()
    with pytest.raises(ProofFailed, match=r"found none in pruned\.json"):
        proof_of(made)


def test_the_control_takes_the_same_steps_and_removes_nothing(base: Path, tmp_path: Path) -> None:
    options = Control(recovery=2, batch=1, length=16)
    replace(pruned_control, options=options).build(base, tmp_path)
    found, whole = load(tmp_path), load(base)
    assert found.num_parameters() == whole.num_parameters()
    assert not torch.equal(found.lm_head.weight, whole.lm_head.weight)


def test_a_killed_recovery_goes_on(base: Path, tmp_path: Path, monkeypatch) -> None:
    """Killed in the second round's training: the first is read back, and the end is the same."""
    options = replace(QUICK, steps=2, between=2, recovery=3)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    replace(pruned, options=options).build(base, whole)
    real, calls = prune.towards, []

    def killing(teacher, student, aim, text):
        loss = real(teacher, student, aim, text)

        def one(ids):
            calls.append(1)
            if len(calls) == 4:
                raise KeyboardInterrupt
            return loss(ids)

        return one

    monkeypatch.setattr(prune, "towards", killing)
    with pytest.raises(KeyboardInterrupt):
        replace(pruned, options=options).build(base, parts)
    assert list(parts.glob("recovering-1.*"))
    replace(pruned, options=options).build(base, parts)
    name = "model.safetensors"
    assert (whole / name).read_bytes() == (parts / name).read_bytes()
    assert not list(parts.glob("*state*"))
