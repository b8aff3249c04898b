"""Writes a model as one ONNX graph that serves prompts and single tokens alike."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import onnx_ir as ir
import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from bench.errors import Unsupported
from variants.recipes.checkpoint import as_linears, copy_companions, linears
from variants.runtimes.onnx_graph import FACTS, FUSED, GRAPH, INPUTS, LOGITS, Facts, cache_names

OPSET = 18
EXAMPLE = {"batch": 2, "tokens": 3, "room": 5}
"""Sizes that are traced with: distinct, and none 0 or 1, which torch.export takes for fixed."""
ATTENTION = "weighbridge_onnx"
BEYOND = ("sliding_window", "softcap", "s_aux")
"""What some architectures hand to their attention, and the fused operator is not given here."""


class _Cache:
    """Where transformers' layers find their past: every layer's keys and values, as they came in.

    `update` hands the new ones on; the fused operator puts them behind the past.
    """

    def __init__(self, keys: list[torch.Tensor], values: list[torch.Tensor], ends: Any) -> None:
        self.past = list(zip(keys, values, strict=True))
        self.present: list[tuple[torch.Tensor, torch.Tensor]] = []
        self.ends = ends

    def update(
        self, key: torch.Tensor, value: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The new keys and values alone."""
        return key, value

    def get_seq_length(self, *_: Any) -> int:
        """Not asked for where positions are given."""
        return 0


_current: list[_Cache] = []


def _fused(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    **more: Any,
) -> tuple[torch.Tensor, None]:
    """Causal attention as one GroupQueryAttention, which also writes the cache.

    query (batch, heads, tokens, size), key and value with their own heads
    -> (batch, tokens, heads, size).
    """
    if found := [name for name in BEYOND if more.get(name)]:
        raise Unsupported(f"the ONNX export knows plain causal attention, not {found[0]}")
    cache = _current[-1]
    layer = len(cache.present)
    if getattr(module, "layer_idx", layer) != layer:
        raise Unsupported("the ONNX export wants one attention a layer, in their order")
    past_key, past_value = cache.past[layer]
    batch, heads, tokens, size = query.shape
    out, *present = torch.onnx.ops.symbolic_multi_out(
        FUSED,
        [*(_flat(part) for part in (query, key, value)), past_key, past_value, *cache.ends],
        {"num_heads": heads, "kv_num_heads": key.shape[1], "scale": float(more["scaling"])},
        dtypes=[query.dtype] * 3,
        shapes=[(batch, tokens, heads * size), tuple(past_key.shape), tuple(past_value.shape)],
        version=1,
    )
    cache.present.append((present[0], present[1]))
    return out.reshape(batch, tokens, heads, size), None


def _flat(x: torch.Tensor) -> torch.Tensor:
    batch, heads, tokens, size = x.shape
    return x.transpose(1, 2).reshape(batch, tokens, heads * size)


class _Step(nn.Module):
    """The graph's signature: see `variants.runtimes.onnx_graph`."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        ids: torch.Tensor,
        positions: torch.Tensor,
        keep: torch.Tensor,
        ends: tuple[torch.Tensor, torch.Tensor],
        past: tuple[list[torch.Tensor], list[torch.Tensor]],
    ) -> tuple[torch.Tensor, list[torch.Tensor], list[torch.Tensor]]:
        cache = _Cache(*past, ends)
        _current.append(cache)
        try:
            logits = self.model(
                input_ids=ids,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=keep,
            ).logits
        finally:
            _current.pop()
        keys, values = zip(*cache.present, strict=True)
        return logits, list(keys), list(values)


@torch.no_grad()
def export(model: PreTrainedModel, facts: Facts, base: Path, out: Path) -> None:
    """`model`, its Conv1D layers replaced, into `out`: graph, weights, facts, config, tokenizer.

    Weights are shared by all that reads them: a tied output layer takes no second copy on disk.
    """
    as_linears(model)
    model.config._attn_implementation = ATTENTION
    past = [_past(facts) for _ in range(facts.layers)]
    many = torch.export.Dim.DYNAMIC
    row, cache = {0: many}, [{0: many, 2: many}] * facts.layers
    batch, tokens = EXAMPLE["batch"], EXAMPLE["tokens"]
    with _quiet():
        program = torch.onnx.export(
            _Step(model).eval(),
            (
                torch.zeros(batch, tokens, dtype=torch.long),
                torch.arange(tokens)[None],
                torch.arange(tokens - 1),
                (torch.zeros(batch, dtype=torch.int32), torch.tensor(tokens, dtype=torch.int32)),
                (past, [tensor.clone() for tensor in past]),
            ),
            dynamic_shapes=({0: many, 1: many}, {1: many}, row, (row, None), (cache, cache)),
            input_names=[*INPUTS, *cache_names("past", facts.layers)],
            output_names=[LOGITS, *cache_names("present", facts.layers)],
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    without_idle_reshapes(program.model)
    without_idle_splits(program.model)
    ir.passes.common.RemoveUnusedNodesPass()(program.model)
    ir.passes.common.ClearMetadataAndDocStringPass()(program.model)
    program.save(out / GRAPH, external_data=True)
    (out / FACTS).write_text(json.dumps(asdict(facts), indent=1) + "\n", encoding="utf-8")
    model.config._attn_implementation = "sdpa"
    model.config.save_pretrained(out)
    copy_companions(base, out)


ALL_ATTENTION_FUNCTIONS.register(ATTENTION, _fused)


def facts_of(model: PreTrainedModel) -> Facts:
    """What the runtime has to know of a model, from its own float form."""
    _expect_plain(model)
    config, head = model.config.get_text_config(), model.get_output_embeddings()
    heads = config.num_attention_heads
    sizes = {id(module.weight): module.weight.numel() for _, module in _matrices(model)}
    tables = {id(m.weight): m.weight for m in model.modules() if isinstance(m, nn.Embedding)}
    return Facts(
        layers=config.num_hidden_layers,
        heads=heads,
        kv_heads=getattr(config, "num_key_value_heads", None) or heads,
        head_size=getattr(config, "head_dim", None) or config.hidden_size // heads,
        matrices=sum(1 for _ in linears(model)),
        parameters=model.num_parameters(),
        body=sum(sizes.values()) - head.weight.numel(),
        head=head.weight.numel(),
        table=sum(table.numel() for at, table in tables.items() if at not in sizes),
    )


def _matrices(model: PreTrainedModel) -> Iterator[tuple[str, nn.Module]]:
    return ((name, model.get_submodule(name)) for name, _, _ in linears(model))


def _expect_plain(model: PreTrainedModel) -> None:
    """Every layer attends to the whole past, and the output layer takes chosen positions only."""
    import inspect

    config: PreTrainedConfig = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    other = sorted(kinds - {"full_attention"}) + [name for name in BEYOND if _set(config, name)]
    if other:
        raise Unsupported(f"the ONNX export knows plain causal attention, not {other[0]}")
    if "logits_to_keep" not in inspect.signature(model.forward).parameters:
        raise Unsupported(f"{type(model).__name__} cannot be asked for chosen positions' logits")


def _set(config: PreTrainedConfig, name: str) -> bool:
    """Some configs keep a window's size beside a switch that leaves it unused."""
    return bool(getattr(config, name, None)) and getattr(config, "use_sliding_window", True)


def _past(facts: Facts) -> torch.Tensor:
    return torch.zeros(EXAMPLE["batch"], facts.kv_heads, EXAMPLE["room"], facts.head_size)


def without_idle_reshapes(model: ir.Model) -> None:
    """Heads are split and joined again around the fused operator: drop what changes nothing."""
    for node in model.graph:
        before = node.inputs[0].producer() if node.op_type == "Reshape" and node.inputs[0] else None
        if before is None or before.op_type != "Reshape":
            continue
        root, end = before.inputs[0], node.outputs[0]
        if root is not None and root.shape is not None and root.shape == end.shape:
            end.replace_all_uses_with(root)
        else:
            node.replace_input_with(0, root)


def without_idle_splits(model: ir.Model) -> None:
    """The fused operator takes queries, keys and values in one, where one matrix made them."""
    name = FUSED.partition("::")[2]
    for node in [node for node in model.graph if node.op_type == name]:
        split = node.inputs[0].producer() if node.inputs[0] else None
        if split is None or split.op_type != "Split" or split.outputs != node.inputs[:3]:
            continue
        for at, value in enumerate((split.inputs[0], None, None)):
            node.replace_input_with(at, value)


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of what it will mend itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
