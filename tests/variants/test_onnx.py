"""ONNX exports and their runtime against torch, and proofs that fail when they should."""

import json
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from transformers import AutoModelForCausalLM, MistralConfig, MistralForCausalLM

from bench.catalog import Catalog
from bench.errors import ProofFailed, Unsupported
from bench.operators import Profiling
from bench.variant import Place
from tests.variants import tiny
from variants.recipes.calibrate import input_squares
from variants.recipes.checkpoint import as_linears, linears, load
from variants.recipes.onnx_blocks import Blocks, packed, rounded
from variants.recipes.onnx_export import facts_of
from variants.recipes.onnx_layers import Plan, pack_layers
from variants.runtimes.onnx_graph import FACTS, GRAPH, STANDARD
from variants.runtimes.onnx_proof import Seen, prove
from variants.runtimes.onnxrt import OnnxModel, providers_for

PLACE = Place(threads=2)
ROWS = [[5, 80, 17, 201, 9, 44, 120, 7], [33, 2, 250, 60, 61, 62, 8, 100]]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.checkpoint(tmp_path_factory.mktemp("base"), "gpt2")


@pytest.fixture(scope="module")
def made(base, tmp_path_factory):
    """int4 without rounded activations, so that the weights are the only difference."""
    folder = tmp_path_factory.mktemp("made")
    options = ("onnx_int4.block=32", "onnx_int4.accuracy=0", "onnx_int4.edges=4")
    Catalog.of(("variants",), options).get("onnx_int4").build(base, folder)
    return folder


def test_it_computes_what_its_rounded_weights_stand_for(base, made):
    """torch with the same weights unpacked is the oracle, for every layer and the embeddings."""
    model = load(base)
    squares = input_squares(model, base)
    as_linears(model)
    with torch.no_grad():
        for name, weight, _ in list(linears(model)):
            if name != "lm_head":
                weight.copy_(rounded(weight, 4, 32, squares[name]).back())
        for table in (model.transformer.wte.weight, model.transformer.wpe.weight):
            table.copy_(rounded(table, 4, 32).back())
        wanted = model(torch.tensor(ROWS)).logits.numpy()
    found = OnnxModel(made, PLACE).logits(ROWS)
    assert np.abs(found - wanted).max() < 1e-3 * wanted.std()


def test_a_tied_output_layer_takes_no_second_copy(made):
    graph = onnx.load(made / GRAPH, load_external_data=False).graph
    rows = [t for t in graph.initializer if tiny.VOCABULARY in t.dims and t.data_type == 2]
    weights, zeros = [tiny.VOCABULARY, 2, 16], [tiny.VOCABULARY, 1]
    assert [list(tensor.dims) for tensor in rows] == [weights, zeros]


def test_a_folded_step_equals_a_long_prompt(made):
    """Token by token through the cache, or all at once."""
    model, seen = OnnxModel(made, PLACE), []
    model.decode([ROWS[0][:3]], 5, lambda scores: seen.append(scores) or [ROWS[0][2 + len(seen)]])
    whole = model.logits([ROWS[0][:7]])[0]
    assert np.abs(np.concatenate(seen) - whole[2:]).max() < 1e-3


def test_nibbles_are_packed_low_first():
    values = torch.tensor([[[1, 2, 3, 4]]], dtype=torch.uint8)
    zero = torch.tensor([[5, 6, 7]], dtype=torch.uint8)
    blocks = Blocks(values=values, scale=torch.ones(1, 1), zero=zero, bits=4)
    weights, zeros = packed(blocks)
    assert weights.tolist() == [[[0x21, 0x43]]]
    assert zeros.tolist() == [[0x65, 0x07]]


@pytest.mark.parametrize("block", [16, 32])
def test_eight_bits_are_within_half_a_step(block):
    weight = torch.randn(6, 64, generator=torch.Generator().manual_seed(1))
    blocks = rounded(weight, 8, block)
    error = (blocks.back() - weight).abs().view(6, -1, block)
    assert (error <= 0.5001 * blocks.scale[..., None]).all()
    assert torch.equal(blocks.scale, weight.view(6, -1, block).abs().amax(-1) / 127)


def test_the_searched_range_is_better_where_it_matters():
    """Against plain rounding to the whole range, on the error that it is asked to make small."""
    weight = torch.randn(16, 64, generator=torch.Generator().manual_seed(2))
    cost = torch.linspace(0.01, 4, 64)
    groups = weight.view(16, 2, 32)
    low, high = groups.amin(-1, True), groups.amax(-1, True)
    scale = (high - low) / 15
    zero = (-low / scale).round()
    plain = (((groups / scale).round() + zero).clamp(0, 15) - zero) * scale
    searched = rounded(weight, 4, 32, cost).back()
    assert ((searched - weight).square() * cost).sum() < 0.95 * (
        (plain.flatten(1) - weight).square() * cost
    ).sum()


@pytest.fixture(scope="module")
def floats(tmp_path_factory):
    """onnx, of grouped keys and values."""
    folder = tmp_path_factory.mktemp("floats")
    Catalog.of(("variants",)).get("onnx").build(
        tiny.checkpoint(tmp_path_factory.mktemp("llama"), "llama"), folder
    )
    return folder


@pytest.fixture(scope="module")
def joined(base, tmp_path_factory):
    """onnx, of a model whose queries, keys and values one matrix makes."""
    folder = tmp_path_factory.mktemp("joined")
    Catalog.of(("variants",)).get("onnx").build(base, folder)
    return folder


def test_a_float_graph_under_the_name_int4_is_refused(floats, tmp_path):
    shutil.copytree(floats, tmp_path, dirs_exist_ok=True)
    facts = json.loads((tmp_path / FACTS).read_text())
    (tmp_path / FACTS).write_text(json.dumps({**facts, "bits": 4, "accuracy": 4}))
    with pytest.raises(ProofFailed, match=r"expected 87 calls of MatMulNBits in 3 forwards"):
        OnnxModel(tmp_path, PLACE).proof()


@pytest.mark.parametrize("kind", ["floats", "joined"])
def test_both_spellings_of_the_attention_are_one(kind, request):
    """The standard one grows its past as a GPU's session does."""
    folder = request.getfixturevalue(kind)
    fused, spelt = OnnxModel(folder, PLACE), OnnxModel(folder, PLACE, graph=STANDARD)
    assert np.abs(fused.logits(ROWS) - spelt.logits(ROWS)).max() < 1e-4
    assert fused.generate(ROWS, 6) == spelt.generate(ROWS, 6)
    assert spelt.proof()["attention"] == "written out"


def test_what_one_matrix_made_is_handed_on_in_one(joined):
    """The standard's operators want it apart, once a layer."""
    for graph, splits in ((GRAPH, 0), (STANDARD, 4)):
        nodes = onnx.load(joined / graph, load_external_data=False).graph.node
        assert Counter(node.op_type for node in nodes)["Split"] == splits


@pytest.mark.parametrize("kind", ["floats", "joined"])
def test_the_standard_spelling_is_standard(kind, request):
    path = request.getfixturevalue(kind) / STANDARD
    onnx.checker.check_model(str(path), full_check=True)
    graph = onnx.load(path, load_external_data=False)
    assert {node.domain for node in graph.graph.node} == {""}
    assert {one.domain for one in graph.opset_import} == {""}


CPU = "CPUExecutionProvider"
WHOLE = Seen(3, {(CPU, "MatMulNBits"): 51, (CPU, "GroupQueryAttention"): 12}, 1)


@pytest.mark.parametrize(
    ("seen", "device", "says"),
    [
        (WHOLE, "cuda", "expected every matmul on CUDAExecutionProvider, found CPUExecution"),
        (replace(WHOLE, workers=0), "cpu", "expected 2 threads, found 0 besides"),
        (replace(WHOLE, calls={(CPU, "MatMulNBits"): 48}), "cpu", "the profiler saw 48"),
        (replace(WHOLE, calls={**WHOLE.calls, (CPU, "MatMul"): 3}), "cpu", "and 3 in floats"),
        (replace(WHOLE, calls={(CPU, "MatMulNBits"): 51}), "cpu", "expected 12 of attention"),
    ],
)
def test_a_proof_says_what_is_wrong(made, seen, device, says):
    facts = OnnxModel(made, PLACE).facts
    with pytest.raises(ProofFailed, match=says):
        prove(facts, device, 2, seen)


def test_the_proof_holds_where_all_is_right(made):
    proof = OnnxModel(made, PLACE).proof()
    assert proof["quantised_linears"] == {"found": 17, "expected": 17}
    assert proof["providers"] == [CPU]
    assert set(proof["weight_bytes"]) == {"float32", "int4_packed", "uint8"}
    assert proof["weight_bytes"]["int4_packed"] == (4 * 12 * 64 * 64 + tiny.VOCABULARY * 64) // 2


def test_a_profile_counts_what_a_step_called(made, tmp_path):
    """Three forwards of the graph's own nodes; the model is afterwards what it was."""
    model, trace = OnnxModel(made, PLACE), tmp_path / "t.json"
    before = model.generate(ROWS, 3)
    assert isinstance(model, Profiling)
    seen = []
    found = {
        one.name: one for one in model.profile(lambda: seen.append(model.generate(ROWS, 3)), trace)
    }
    graph = onnx.load(made / GRAPH, load_external_data=False).graph
    counted = Counter(node.op_type for node in graph.node)
    for name in ("MatMulNBits", "GroupQueryAttention"):
        assert found[name].calls == 3 * counted[name] > 0
    assert all(one.cpu_seconds >= 0 and one.device_seconds is None for one in found.values())
    events = json.loads(trace.read_text())
    shown = Counter(event["name"] for event in events if event.get("cat") == "Node")
    assert shown == {name: one.calls for name, one in found.items()}
    assert {"ts", "dur", "ph", "pid", "tid"} <= events[-1].keys()
    assert [path.name for path in tmp_path.iterdir()] == ["t.json"]
    assert seen == [before] == [model.generate(ROWS, 3)]
    assert model.profile(lambda: None, trace) == []
    assert not [event for event in json.loads(trace.read_text()) if event.get("cat") == "Node"]


def test_a_step_that_fails_under_the_profiler_leaves_the_model_and_no_file(made, tmp_path):
    model = OnnxModel(made, PLACE)
    kept = model._live
    with pytest.raises(ZeroDivisionError):
        model.profile(lambda: 1 // 0, tmp_path / "t.json")
    assert model._live is kept
    assert list(tmp_path.iterdir()) == []
    model.close()
    with pytest.raises(RuntimeError, match="closed"):
        model.profile(lambda: None, tmp_path / "t.json")


def test_work_says_what_a_token_reads(base, made):
    work = OnnxModel(made, PLACE).work()
    plain = AutoModelForCausalLM.from_pretrained(base)
    wpe = plain.transformer.wpe.weight.numel()
    matrices = sum(p.numel() for p in plain.parameters() if p.dim() == 2) - wpe
    assert (work.body + work.head, work.table_bytes) == (matrices, wpe // 2)
    assert work.computed_in == "float32"


def test_a_width_that_no_block_divides_says_which_does(base):
    plan = Plan(bits=4, edge_bits=4, block=128, accuracy=4)
    with pytest.raises(Unsupported, match=r"are 64, no multiple of 128: set block to 64"):
        pack_layers(load(base), plan)


def test_attention_that_the_fused_operator_does_not_know_is_refused():
    config = MistralConfig(
        vocab_size=64, hidden_size=32, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, sliding_window=8,
        max_position_embeddings=64,
    )  # fmt: skip
    with pytest.raises(Unsupported, match="plain causal attention"):
        facts_of(MistralForCausalLM(config))


def test_a_gpu_without_its_provider_is_refused_with_the_way_out():
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("onnxruntime has the CUDA provider here")
    with pytest.raises(Unsupported, match="install onnxruntime-gpu"):
        providers_for("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_gpu_computes_every_matmul(base, tmp_path):
    Catalog.of(("variants",)).get("onnx").build(base, tmp_path)
    model = OnnxModel(tmp_path, Place(device="cuda", threads=2))
    alone = OnnxModel(tmp_path, PLACE)
    assert model.generate(ROWS, 6) == alone.generate(ROWS, 6)
    assert "CUDAExecutionProvider" in model.proof()["nodes"]
