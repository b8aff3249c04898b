"""TensorRT engines: built and refused without a GPU (TensorRT-RTX); run where there is one."""

from dataclasses import replace
from importlib.util import find_spec

import pytest
import torch

from bench.catalog import Catalog
from bench.errors import ProofFailed, Unsupported
from bench.variant import Place
from tests.variants import tiny
from variants.recipes.checkpoint import load
from variants.recipes.onnx_export import export, facts_of
from variants.recipes.onnx_standard import write_standard
from variants.recipes.trt_engine import build, parsed, shapes, write_engine
from variants.runtimes.engine import library
from variants.runtimes.engine_facts import BESIDE, ENGINE, EngineFacts, Profile
from variants.runtimes.onnx_graph import GRAPH

SMALL = Profile(batch=2, length=48)
rtx = pytest.mark.skipif(
    not find_spec("tensorrt_rtx_bindings"), reason="needs tensorrt_rtx_bindings"
)
FACTS = EngineFacts(library="tensorrt_rtx", version="1.4", gpu="SM89", profile=SMALL)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.checkpoint(tmp_path_factory.mktemp("base"), "gpt2")


@pytest.fixture(scope="module")
def graph(base, tmp_path_factory):
    """Its folder, with the fused graph and the standard one."""
    folder, model = tmp_path_factory.mktemp("graph"), load(base)
    export(model, facts_of(model), base, folder)
    write_standard(folder)
    return folder


def test_a_row_without_an_engine_fails_its_proof(base):
    variant = Catalog.of(("variants",)).get("trt")
    with pytest.raises(ProofFailed, match=r"expected a TensorRT engine in .*, found no engine"):
        variant.open(base, Place(device="cuda"))


@pytest.mark.parametrize("gone", [ENGINE, BESIDE])
def test_half_an_engine_is_none(tmp_path, gone):
    FACTS.write(tmp_path)
    (tmp_path / ENGINE).write_bytes(b"plan")
    assert EngineFacts.read(tmp_path) == FACTS
    (tmp_path / gone).unlink()
    with pytest.raises(ProofFailed, match=f"found no {gone}"):
        EngineFacts.read(tmp_path)


@pytest.mark.parametrize(
    ("batch", "length", "way"),
    [(3, 8, "--set trt.batch=3"), (1, 49, "--set trt.length=49"), (2, 48, None)],
)
def test_a_grid_beyond_the_profile_is_refused_with_the_way_out(batch, length, way):
    if way is None:
        return SMALL.expect_covers(batch, length)
    with pytest.raises(Unsupported, match=way):
        SMALL.expect_covers(batch, length)


@pytest.mark.parametrize("other", [{"gpu": "H100"}, {"version": "1.5"}, {"library": "tensorrt"}])
def test_an_engine_of_another_machine_is_refused(other):
    FACTS.expect_built_for("tensorrt_rtx", "1.4", "SM89")
    with pytest.raises(ProofFailed, match="expected an engine of"):
        replace(FACTS, **other).expect_built_for("tensorrt_rtx", "1.4", "SM89")


def test_the_profile_reaches_from_one_token_to_all_of_it():
    assert shapes("past.0.key", (-1, 4, -1, 16), SMALL) == (
        (1, 4, 0, 16), (1, 4, 48, 16), (2, 4, 48, 16)
    )  # fmt: skip
    assert shapes("input_ids", (-1, -1), SMALL) == ((1, 1), (1, 1), (2, 48))
    assert shapes("keep", (-1,), SMALL) == ((1,), (1,), (48,))


@rtx
def test_an_engine_is_built_without_a_gpu(base, tmp_path):
    """For a capability that is given: its size is its weights and little more."""
    write_engine(base, tmp_path, replace(SMALL, length=10**6), "SM89")
    found = EngineFacts.read(tmp_path)
    assert (found.library, found.gpu) == ("tensorrt_rtx", "SM89")
    assert found.profile == Profile(batch=2, length=tiny.POSITIONS)
    weights = 4 * sum(p.numel() for p in load(base).parameters())
    assert weights < (tmp_path / ENGINE).stat().st_size < 10 * weights


@rtx
def test_the_network_has_the_graphs_inputs(graph):
    trt = library()
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network, _parser = parsed(trt, builder, graph / "standard.onnx", logger)
    found = {network.get_input(i).name: network.get_input(i) for i in range(network.num_inputs)}
    assert tuple(found["past.3.value"].shape) == (-1, 4, -1, 16)
    assert found["input_ids"].dtype == trt.int64
    assert network.get_output(0).dtype == trt.float32
    assert network.num_outputs == 1 + 2 * 4


@rtx
def test_operators_beyond_the_standard_are_refused_by_name(graph):
    trt = library()
    logger = trt.Logger(trt.Logger.INTERNAL_ERROR)
    with pytest.raises(Unsupported, match=rf"cannot read {GRAPH}.*GroupQueryAttention"):
        parsed(trt, trt.Builder(logger), graph / GRAPH, logger)


@rtx
def test_a_capability_that_does_not_exist_is_refused(graph):
    with pytest.raises(Unsupported, match="knows no compute capability SM12345"):
        build(library(), graph / "standard.onnx", SMALL, "SM12345")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_it_writes_what_torch_writes(base, tmp_path):
    pytest.importorskip("tensorrt", reason="needs tensorrt")
    from variants.runtimes.plain import load_plain

    variant, place = Catalog.of(("variants",)).get("trt"), Place(device="cuda")
    variant.build(base, tmp_path)
    model, rows = variant.open(tmp_path, place), [[5, 6, 7, 8], [1, 2, 3, 4]]
    assert model.generate(rows, 6) == load_plain(base, place, "float32").generate(rows, 6)
    assert model.proof()["profile"]["batch"] == 8
