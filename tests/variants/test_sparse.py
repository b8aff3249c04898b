"""Zeros: as many as asked for, where they matter least, and proofs that count them."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from bench.errors import ProofFailed, Unsupported
from bench.variant import Place
from tests.variants import tiny
from variants.pruned_magnitude import Options as Magnitude
from variants.pruned_magnitude import pruned_magnitude
from variants.recipes import sparsify
from variants.recipes.checkpoint import load, save
from variants.runtimes.pytorch import prepare
from variants.runtimes.shapes import matrices
from variants.runtimes.sparse import SPARSE, SparseLinear, accelerate, load_sparse24, prove_24
from variants.sparse24 import Options as TwoOfFour
from variants.sparse24 import sparse24


@pytest.fixture(scope="module", params=list(tiny.ARCHITECTURES))
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.checkpoint(tmp_path_factory.mktemp("base") / request.param, request.param)


def weights(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, _, weight in matrices(model)}


def test_matrices_are_all_linears_but_the_output_layer() -> None:
    assert [name for name, _, _ in matrices(tiny.gpt2())][:4] == [
        f"transformer.h.0.{part}"
        for part in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
    ]
    found = list(matrices(tiny.llama()))
    assert len(found) == 4 * 7
    assert "lm_head" not in [name for name, _, _ in found]
    assert {name: w.shape for name, _, w in found}["model.layers.0.mlp.down_proj"] == (64, 96)


@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("ratio", [0.01, 0.5, 0.99])
def test_exactly_the_smallest_go(scope: str, ratio: float, base: Path, tmp_path: Path) -> None:
    options = Magnitude(ratio=ratio, scope=scope)
    replace(pruned_magnitude, options=options).build(base, tmp_path)
    before, after = weights(load(base)), weights(load(tmp_path))
    judged = (
        before.values() if scope == "layer" else [torch.cat([w.flatten() for w in before.values()])]
    )
    found = (
        after.values() if scope == "layer" else [torch.cat([w.flatten() for w in after.values()])]
    )
    for old, new in zip(judged, found, strict=True):
        gone = new == 0
        assert int(gone.sum()) == int(old.numel() * ratio)
        assert torch.equal(new[~gone], old[~gone])
        assert old[gone].abs().max() <= old[~gone].abs().min()
    assert torch.equal(load(base).lm_head.weight, load(tmp_path).lm_head.weight)


@pytest.mark.parametrize("score", ["magnitude", "wanda"])
def test_two_of_four_go_by_their_score(
    score: str, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An oracle in plain Python, with input norms that turn the order round."""
    squares = {n: torch.rand(w.shape[1]) for n, w in weights(load(base)).items()}
    monkeypatch.setattr(sparsify, "input_squares", lambda *_: squares)
    replace(sparse24, options=TwoOfFour(score=score)).build(base, tmp_path)
    before, after = weights(load(base)), weights(load(tmp_path))
    for name in list(before)[:2]:
        for row in (0, 5):
            old, new = before[name][row].tolist(), after[name][row].tolist()
            norms = squares[name].sqrt().tolist() if score == "wanda" else [1.0] * len(old)
            for at in range(0, len(old), 4):
                ranked = sorted(range(at, at + 4), key=lambda i: abs(old[i]) * norms[i])
                assert [new[i] for i in ranked[:2]] == [0, 0]
                assert [new[i] for i in ranked[2:]] == [old[i] for i in ranked[2:]]


def test_wanda_reads_the_inputs_of_each_layer(base: Path, tmp_path: Path) -> None:
    sparse24.build(base, tmp_path)
    assert prove_24(load(tmp_path), tmp_path)["groups_of_four"] > 0


def proof(variant, folder: Path) -> dict:
    prepare(folder, Place())
    model = variant.open(folder, Place())
    try:
        return model.proof()
    finally:
        model.close()


@pytest.mark.parametrize("variant", [pruned_magnitude, sparse24], ids=lambda v: v.name)
def test_the_proofs_say_that_speed_is_simulated(variant, base: Path, tmp_path: Path) -> None:
    variant.build(base, tmp_path)
    found = proof(variant, tmp_path)
    assert found["simulated"] is True
    if variant is pruned_magnitude:
        assert found["zeros"] / found["of"] == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize(
    ("variant", "says"),
    [
        (pruned_magnitude, r"expected \d+ zeros of \d+ in .*, found 0"),
        (replace(pruned_magnitude, options=Magnitude(scope="global")),
         r"expected \d+ zeros of \d+ in all matrices, found 0"),
        (sparse24, r"expected two zeros in every four weights, .* has \d+ without"),
    ],
    ids=["layer", "global", "sparse24"],
)  # fmt: skip
def test_a_dense_folder_fails_the_proof(variant, says: str, base: Path, tmp_path: Path) -> None:
    variant.build(base, tmp_path)
    for file in tmp_path.glob("*.safetensors"):
        file.unlink()
    save(load(base), base, tmp_path)
    with pytest.raises(ProofFailed, match=says):
        proof(variant, tmp_path)


@pytest.mark.parametrize("variant", [pruned_magnitude, sparse24], ids=lambda v: v.name)
def test_no_record_fails_the_proof(variant, base: Path, tmp_path: Path) -> None:
    variant.build(base, tmp_path)
    (tmp_path / SPARSE).unlink()
    with pytest.raises(ProofFailed, match=r"found none in sparse\.json"):
        proof(variant, tmp_path)


def test_inputs_that_are_no_fours_are_refused(base: Path, tmp_path: Path, monkeypatch) -> None:
    odd = [("layer", torch.nn.Linear(6, 2), torch.zeros(2, 6))]
    monkeypatch.setattr(sparsify, "matrices", lambda _: odd)
    with pytest.raises(Unsupported, match="the inputs of layer are 6, not fours"):
        sparsify.zero_two_of_four(base, tmp_path, "magnitude")


def test_a_model_too_small_for_the_gpus_layout_is_refused(monkeypatch) -> None:
    small = [("layer", torch.nn.Linear(8, 8), torch.zeros(8, 8))]
    monkeypatch.setattr("variants.runtimes.sparse.matrices", lambda _: small)
    with pytest.raises(Unsupported, match="no matrix has sides that are multiples of 32 and 64"):
        accelerate(torch.nn.Module())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU and its torch")
def test_the_gpus_layout_multiplies_as_the_dense_weights_do(base: Path, tmp_path: Path) -> None:
    sparse24.build(base, tmp_path)
    place = Place(device="cuda")
    prepare(tmp_path, place)
    row = [[5, 80, 17, 201, 9, 44, 120, 7]]
    with torch.no_grad():
        whole = load(tmp_path).cuda().half()(torch.tensor(row).cuda()).logits.float().cpu()
    model = load_sparse24(tmp_path, place)
    assert any(isinstance(part, SparseLinear) for part in model._module.modules())
    assert (torch.tensor(model.logits(row)) - whole).std() < 0.05 * whole.std()
    assert model.proof()["simulated"] is False
    model.close()
