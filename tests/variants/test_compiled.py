"""Compiled graphs say what the module says; a graph that does not, or did not run, is found.

All but one test compile without the C++ backend, whose graphs take seconds each.
"""

import shutil

import numpy as np
import pytest
import torch

from bench.errors import ProofFailed, Unsupported
from bench.variant import Place
from tests.variants import tiny
from variants.compiled import compiled as variant
from variants.recipes.checkpoint import load
from variants.runtimes import compiled
from variants.runtimes.pytorch import TorchModel

PLACE = Place(threads=2)
ROWS = [[5, 80, 17, 201, 9, 44, 120, 7], [33, 2, 250, 60, 61, 62, 8, 100]]


@pytest.fixture(scope="module")
def folder(request, tmp_path_factory):
    """Of a GPT-2, unless a test names another architecture."""
    name = getattr(request, "param", "gpt2")
    folder = tiny.checkpoint(tmp_path_factory.mktemp(name), name)
    compiled.prepare(folder, PLACE)
    return folder


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(compiled, "BACKEND", "aot_eager")


@pytest.fixture
def model(folder, quick):
    found = variant.open(folder, PLACE)
    yield found
    found.close()


@pytest.mark.parametrize("folder", list(tiny.ARCHITECTURES), indirect=True)
def test_tokens_and_scores_are_the_plain_modules(model, folder):
    plain = TorchModel(load(folder))
    assert model.generate(ROWS, 6) == plain.generate(ROWS, 6)
    assert model.generate(ROWS, 6) == plain.generate(ROWS, 6)  # the cache was emptied
    gap = np.abs(model.logits(ROWS) - plain.logits(ROWS)).max()
    assert gap < 1e-4


def test_one_graph_a_shape(model):
    model.generate(ROWS[:1], 6)
    assert model.compilation().graphs == 1
    for new in (2, 9, 100):
        model.generate(ROWS[:1], new)  # within the same 128 positions
        assert model.compilation().graphs == 1
    model.generate(ROWS[:1], 125)  # beyond them
    model.logits(ROWS)
    model.logits([row[:5] for row in ROWS])  # padded to the same window
    assert [one.graphs for one in model._known.values()] == [1, 1, 1]
    model.generate(ROWS[:1], 6)
    assert model.compilation().graphs == 1
    assert model.compilation().seconds > 0


def test_a_window_of_all_positions_is_not_padded_beyond(model):
    found = model.logits([[1] * tiny.POSITIONS])
    assert found.shape == (1, tiny.POSITIONS, tiny.VOCABULARY)
    assert model.logits([[1] * (tiny.POSITIONS - 3)]).shape[1] == tiny.POSITIONS - 3


def test_the_proof_shows_the_gaps(model):
    proof = model.proof()
    assert (proof["backend"], proof["graphs"], proof["shapes"]) == ("aot_eager", 2, 2)
    assert 0 <= proof["step_gap"] < 1e-4
    assert 0 <= proof["whole_gap"] < 1e-4
    assert proof["dtype"] == "float32"


def test_what_was_not_compiled_is_no_proof(model):
    model._compiled = model._live.forward
    with pytest.raises(ProofFailed, match="expected 2 calls of compiled graphs, found 0"):
        model.proof()


def test_a_graph_that_says_something_else_is_no_proof(model, monkeypatch):
    called = model._call
    monkeypatch.setattr(model, "_call", lambda ids, **more: called(ids, **more) * 1.01)
    with pytest.raises(ProofFailed, match=r"expected scores within 0.001 of the uncompiled"):
        model.proof()


def test_what_cannot_be_one_graph_is_refused_in_a_line(model, monkeypatch):
    forward = model._live.forward

    def broken(**more):
        torch._dynamo.graph_break()
        return forward(**more)

    model._compiled = torch.compile(broken, backend="aot_eager", dynamic=False, fullgraph=True)
    with pytest.raises(Unsupported, match=r"^torch.compile: .*") as found:
        model.generate(ROWS, 4)
    assert "\n" not in str(found.value)


def test_two_models_of_one_shape_keep_their_own_weights(folder, quick, tmp_path):
    """Graphs hold weights as constants: the first one's must not answer for the second."""
    first = variant.open(folder, PLACE)
    before = first.logits(ROWS)
    first.close()
    other = load(folder)
    with torch.no_grad():
        for one in other.parameters():
            one.mul_(1.1)
    other.save_pretrained(tmp_path)
    second = variant.open(tmp_path, PLACE)
    assert np.abs(second.logits(ROWS) - TorchModel(load(tmp_path)).logits(ROWS)).max() < 1e-4
    assert np.abs(second.logits(ROWS) - before).max() > 0.1
    second.close()


def test_in_bfloat16_its_proof_says_so(folder, quick):
    found = variant.tuned({"dtype": "bfloat16"}).open(folder, PLACE)
    assert found.proof()["dtype"] == "bfloat16"
    found.close()


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_the_real_compiler(tmp_path):
    """One graph, frozen; of one layer, as compiling takes seconds a layer."""
    torch.manual_seed(0)
    module = tiny.gpt2()
    config = module.config
    config.n_layer = 1
    type(module)(config).save_pretrained(tmp_path)
    compiled.prepare(tmp_path, PLACE)
    model = variant.open(tmp_path, PLACE)
    plain = TorchModel(load(tmp_path))
    assert model.generate(ROWS[:1], 6) == plain.generate(ROWS[:1], 6)
    assert model.compilation().graphs == 1
    seen = torch._dynamo.utils.counters["inductor"]["mkldnn_linear_weight_pack_matcher_count"]
    assert seen >= 1 or not torch.backends.mkldnn.is_available()
    model.close()
