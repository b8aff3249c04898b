"""OpenVINO against torch; compressed weights that are not there fail the proof."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from bench.catalog import Catalog
from bench.errors import ProofFailed
from bench.variant import Place
from tests.variants import tiny
from variants.recipes.checkpoint import load

pytestmark = pytest.mark.skipif(
    not (find_spec("openvino") and find_spec("nncf")), reason="needs openvino and nncf"
)
PLACE = Place(threads=2)
ROWS = [[5, 80, 17, 201, 9, 44, 120, 7], [33, 2, 250, 60, 61, 62, 8, 100]]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.checkpoint(tmp_path_factory.mktemp("base"), "llama")


@pytest.fixture(scope="module")
def made(base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    Catalog.of(("variants",), ("openvino.weights=none",)).get("openvino").build(base, folder)
    return folder


def open_(folder, weights):
    return Catalog.of(("variants",), (f"openvino.weights={weights}",)).get("openvino").open(
        folder, PLACE
    )  # fmt: skip


def test_uncompressed_it_computes_what_torch_computes(base, made):
    model = open_(made, "none")
    with torch.no_grad():
        wanted = load(base)(torch.tensor(ROWS)).logits.numpy()
    assert np.abs(model.logits(ROWS) - wanted).max() < 1e-4
    assert model.proof()["matmuls"] == {"f32": 29}


def test_the_state_begins_anew_with_each_prompt_and_each_batch(made):
    model = open_(made, "none")
    both = model.generate(ROWS, 5)
    assert [model.generate([row], 5)[0] for row in ROWS] == both


def test_scores_that_were_handed_out_stay(made):
    model, seen = open_(made, "none"), []
    model.decode(ROWS, 3, lambda scores: seen.append(scores) or scores.argmax(-1).tolist())
    assert not np.array_equal(seen[0], seen[1])


@pytest.mark.parametrize("weights", ["int8", "int4"])
def test_floats_under_another_name_are_refused(made, weights):
    with pytest.raises(ProofFailed, match=rf"expected 29 matmuls with weights {weights}, .*'f32'"):
        open_(made, weights).proof()


def test_int8_under_the_name_int4_is_refused():
    from variants.runtimes.openvinort import prove_kinds

    prove_kinds({"i4": 15, "u8": 2}, "int4", 17)
    with pytest.raises(ProofFailed, match="expected 17 matmuls with weights int4"):
        prove_kinds({"i4": 2, "u8": 15}, "int4", 17)
    with pytest.raises(ProofFailed, match="expected 17 matmuls with weights int8"):
        prove_kinds({"i8": 16}, "int8", 17)
