"""Turns an ONNX export into OpenVINO's form: weights compressed, the cache a state."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nncf
import numpy as np
import openvino as ov
from openvino import opset13 as ops
from openvino._offline_transformations import apply_make_stateful_transformation

from bench.errors import Unsupported
from variants.recipes.checkpoint import copy_companions, load
from variants.recipes.onnx_export import export, facts_of
from variants.recipes.onnx_standard import write_standard
from variants.runtimes.onnx_graph import FACTS, Facts, cache_names
from variants.runtimes.openvinort import MODEL


def export_openvino(base: Path, out: Path, weights: str, group: int) -> None:
    """The checkpoint in `base` into `out`; `weights` is none, int8 or int4 in groups of `group`."""
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        between = Path(folder)
        model = load(base)
        facts = facts_of(model)
        export(model, facts, base, between)
        # Read whole: a mapped file must not outlive its folder.
        found = ov.Core().read_model(write_standard(between), config={"ENABLE_MMAP": False})
        found = compressed(found, weights, group, facts)
        make_stateful(found, facts)
        ov.save_model(found, out / MODEL, compress_to_fp16=False)
        (out / FACTS).write_bytes((between / FACTS).read_bytes())
        (out / "config.json").write_bytes((between / "config.json").read_bytes())
    copy_companions(base, out)


def compressed(model: ov.Model, weights: str, group: int, facts: Facts) -> ov.Model:
    """By NNCF, symmetric: a row at int8, groups of a row at int4 (output layer and tables int8)."""
    if weights == "none":
        return model
    if weights == "int8":
        return nncf.compress_weights(model, mode=nncf.CompressWeightsMode.INT8_SYM)
    width = facts.heads * facts.head_size
    if width % group:
        raise Unsupported(f"openvino: the attention's width {width} is no multiple of {group}")
    return nncf.compress_weights(
        model, mode=nncf.CompressWeightsMode.INT4_SYM, group_size=group, ratio=1.0
    )


def make_stateful(model: ov.Model, facts: Facts) -> None:
    """In place: the past is kept inside; it begins empty, for as many rows as the ids have."""
    names = (cache_names(which, facts.layers) for which in ("past", "present"))
    apply_make_stateful_transformation(model, dict(zip(*names, strict=True)))
    rows = ops.gather(ops.shape_of(model.input("input_ids")), _whole(0), ops.constant(0, np.int64))
    shape = ops.concat([rows, _whole(facts.kv_heads, 0, facts.head_size)], axis=0)
    empty = ops.broadcast(ops.constant(0.0, np.float32), shape)
    for node in model.get_ops():
        if node.get_type_name() == "ReadValue":
            node.set_arguments([empty])
    model.validate_nodes_and_infer_types()


def _whole(*numbers: int) -> ov.Node:
    return ops.constant(np.array(numbers, np.int64))
