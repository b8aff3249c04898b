"""Builds a TensorRT engine from the ONNX export: standard operators, one profile for the grid."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from bench.errors import Unsupported
from variants.recipes.checkpoint import copy_companions, load
from variants.recipes.onnx_export import export, facts_of
from variants.recipes.onnx_standard import write_standard
from variants.runtimes.engine import Dims, library, library_name
from variants.runtimes.engine_facts import ENGINE, EngineFacts, Profile
from variants.runtimes.onnx_graph import FACTS

USUAL = Profile(batch=1, length=64)
"""What kernels are chosen for, within the profile."""


def write_engine(base: Path, out: Path, wanted: Profile, capability: str | None = None) -> None:
    """The checkpoint in `base` as an engine in `out`.

    `capability`, such as SM89, builds without a GPU for one that is not here (TensorRT-RTX only).
    """
    trt, model = library(), load(base)
    profile = Profile(batch=wanted.batch, length=min(wanted.length, _positions(model)))
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        between = Path(folder)
        export(model, facts_of(model), base, between)
        engine = build(trt, write_standard(between), profile, capability)
        for name in (FACTS, "config.json"):
            (out / name).write_bytes((between / name).read_bytes())
    (out / ENGINE).write_bytes(engine)
    EngineFacts(
        library=library_name(trt),
        version=trt.__version__,
        gpu=capability or torch.cuda.get_device_name(),
        profile=profile,
    ).write(out)
    copy_companions(base, out)


def build(trt: Any, graph: Path, profile: Profile, capability: str | None = None) -> bytes:
    """A serialised engine. Raises Unsupported with the builder's own words."""
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network, parser = parsed(trt, builder, graph, logger)
    config = builder.create_builder_config()
    if hasattr(trt.BuilderFlag, "TF32"):
        config.clear_flag(trt.BuilderFlag.TF32)  # float32 is to mean float32
    if capability:
        _for_capability(trt, config, capability)
    config.add_optimization_profile(_covering(builder, network, profile))
    engine = builder.build_serialized_network(network, config)
    del parser  # not earlier: the builder reads what it owns
    if engine is None:
        raise Unsupported(f"{trt.__name__} could not build an engine of {graph.name}")
    return bytes(engine)


def parsed(trt: Any, builder: Any, graph: Path, logger: Any) -> tuple[Any, Any]:
    """The network that `graph` stands for, and the parser, which owns its weights.

    What the parser does not know is named.
    """
    flag = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    network = builder.create_network(0 if flag is None else 1 << int(flag))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse_from_file(str(graph)):
        first = parser.get_error(0)
        raise Unsupported(f"{trt.__name__} cannot read {graph.name}: {first.desc()}")
    return network, parser


def _for_capability(trt: Any, config: Any, name: str) -> None:
    """Of a GPU that is not here."""
    if not hasattr(trt, "ComputeCapability"):
        raise Unsupported(f"{trt.__name__} builds only on the GPU that it is for")
    wanted = getattr(trt.ComputeCapability, name, None)
    if wanted is None:
        raise Unsupported(f"{trt.__name__} knows no compute capability {name}")
    config.num_compute_capabilities = 1
    config.set_compute_capability(wanted, 0)


def _covering(builder: Any, network: Any, profile: Profile) -> Any:
    """From one token with nothing behind it to the whole profile."""
    made = builder.create_optimization_profile()
    for at in range(network.num_inputs):
        tensor = network.get_input(at)
        made.set_shape(tensor.name, *shapes(tensor.name, tuple(tensor.shape), profile))
    return made


def shapes(name: str, shape: Dims, profile: Profile) -> tuple[Dims, Dims, Dims]:
    """The smallest, usual and largest shape of an input; -1 in `shape` is what may vary."""
    usual = Profile(batch=min(USUAL.batch, profile.batch), length=min(USUAL.length, profile.length))
    if name.startswith("past."):
        _, heads, _, size = shape
        rows, lengths = (1, usual.batch, profile.batch), (0, usual.length, profile.length)
        low, mid, high = ((b, heads, n, size) for b, n in zip(rows, lengths, strict=True))
        return low, mid, high
    if name == "input_ids":
        return (1, 1), (usual.batch, 1), (profile.batch, profile.length)
    if name == "position_ids":
        return (1, 1), (1, 1), (1, profile.length)
    return (1,), (1,), (profile.length,)


def _positions(model: PreTrainedModel) -> int:
    return int(model.config.get_text_config().max_position_embeddings)
