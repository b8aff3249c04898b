"""Writes a graph's fused attention out in the standard's own operators, for runtimes without it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx_ir as ir

from variants.runtimes.onnx_graph import FUSED, GRAPH, STANDARD, Facts

DOMAIN, OPERATOR = FUSED.split("::")


def write_standard(folder: Path) -> Path:
    """`standard.onnx` in `folder`, from the graph that was exported there; its weights are shared.

    Its inputs are the same but for `last` and `total`, which the past's own length replaces, and
    an empty past has length 0.
    """
    model = ir.load(folder / GRAPH)
    spell_out(model, Facts.read(folder))
    ir.save(model, folder / STANDARD)
    return folder / STANDARD


def spell_out(model: ir.Model, facts: Facts) -> None:
    """In place: every GroupQueryAttention as concatenation, products and a softmax."""
    graph = model.graph
    nodes = [node for node in graph if (node.domain, node.op_type) == (DOMAIN, OPERATOR)]
    bias = _Writer(graph, nodes[0], "mask").bias()
    for at, node in enumerate(nodes):
        writer = _Writer(graph, node, f"attention.{at}")
        outputs = writer.attend(node, bias, facts)
        for old, new in zip(node.outputs, outputs, strict=True):
            _take_place(graph, old, new)
        graph.remove(node)
    for unused in ("last", "total"):
        graph.inputs.remove(next(value for value in graph.inputs if value.name == unused))
    model.opset_imports.pop(DOMAIN, None)


def _take_place(graph: ir.Graph, old: ir.Value, new: ir.Value) -> None:
    name, new.shape, new.dtype = old.name, old.shape, old.dtype
    old.replace_all_uses_with(new, replace_graph_outputs=True)
    old.name, new.name = None, name


class _Writer:
    """Puts nodes into a graph before one of its nodes."""

    def __init__(self, graph: ir.Graph, before: ir.Node, prefix: str) -> None:
        self._graph, self._before, self._prefix, self._count = graph, before, prefix, 0

    def op(self, kind: str, *inputs: ir.Value, outputs: int = 1, **attributes: object) -> ir.Value:
        """The first output of a new node of the standard domain."""
        self._count += 1
        node = ir.node(kind, list(inputs), attributes, num_outputs=outputs)
        node.name = f"{self._prefix}.{self._count}"
        for at, value in enumerate(node.outputs):
            value.name = f"{node.name}.{at}"
        self._graph.insert_before(self._before, node)
        return node.outputs[0]

    def whole(self, *numbers: int) -> ir.Value:
        """An int64 constant of shape (n)."""
        return self._constant(np.array(numbers, np.int64))

    def number(self, value: float) -> ir.Value:
        """A float32 constant of shape ()."""
        return self._constant(np.array(value, np.float32))

    def _constant(self, array: np.ndarray) -> ir.Value:
        self._count += 1
        tensor = ir.tensor(array, name=f"{self._prefix}.{self._count}")
        value = ir.Value(
            name=tensor.name, shape=tensor.shape, type=ir.TensorType(tensor.dtype),
            const_value=tensor,
        )  # fmt: skip
        self._graph.register_initializer(value)
        return value

    def bias(self) -> ir.Value:
        """(tokens, past + tokens): 0 where a token sees a position, a large negative elsewhere."""
        given = {value.name: value for value in self._graph.inputs}
        positions = given["position_ids"]
        past = next(value for name, value in given.items() if name and name.startswith("past."))
        total = self.op(
            "Add",
            self.op("Shape", past, start=2, end=3),
            self.op("Shape", given["input_ids"], start=1, end=2),
        )
        zero, one = (self._constant(np.array(n, np.int64)) for n in (0, 1))
        seen = self.op("Range", zero, self.op("Squeeze", total), one)
        own = self.op("Transpose", positions, perm=[1, 0])
        hidden = self.op("Cast", self.op("Greater", seen, own), to=ir.DataType.FLOAT)
        return self.op("Mul", hidden, self.number(-1e9))

    def attend(self, node: ir.Node, bias: ir.Value, facts: Facts) -> Sequence[ir.Value]:
        """(batch, tokens, heads x size), and the keys and values with the past before them."""
        query, key, value = self._parts(node, facts)
        past_key, past_value = node.inputs[3:5]
        scale = node.attributes["scale"].as_float()
        queries = self._heads(query, facts.heads, facts)
        keys = self.op("Concat", past_key, self._heads(key, facts.kv_heads, facts), axis=2)
        values = self.op("Concat", past_value, self._heads(value, facts.kv_heads, facts), axis=2)
        scaled = self.op("Mul", queries, self.number(scale))
        turned = self.op("Transpose", self._repeated(keys, facts), perm=[0, 1, 3, 2])
        scores = self.op("Add", self.op("MatMul", scaled, turned), bias)
        weights = self.op("Softmax", scores, axis=-1)
        mixed = self.op("MatMul", weights, self._repeated(values, facts))
        rows = self.op("Transpose", mixed, perm=[0, 2, 1, 3])
        width = facts.heads * facts.head_size
        return self.op("Reshape", rows, self.whole(0, 0, width)), keys, values

    def _parts(self, node: ir.Node, facts: Facts) -> Sequence[ir.Value]:
        """Queries, keys and values, which may come in one."""
        if node.inputs[1] is not None:
            return node.inputs[:3]
        widths = (heads * facts.head_size for heads in (facts.heads, *[facts.kv_heads] * 2))
        first = self.op("Split", node.inputs[0], self.whole(*widths), outputs=3, axis=-1)
        return first.producer().outputs

    def _heads(self, x: ir.Value, heads: int, facts: Facts) -> ir.Value:
        """(batch, tokens, heads x size) -> (batch, heads, tokens, size)."""
        split = self.op("Reshape", x, self.whole(0, 0, heads, facts.head_size))
        return self.op("Transpose", split, perm=[0, 2, 1, 3])

    def _repeated(self, x: ir.Value, facts: Facts) -> ir.Value:
        """Each of the keys' heads as often as queries share it."""
        times = facts.heads // facts.kv_heads
        if times == 1:
            return x
        apart = self.op("Unsqueeze", x, self.whole(2))
        many = self.op("Concat", *[apart] * times, axis=2)
        shape = self.op(
            "Concat",
            self.op("Shape", x, start=0, end=1),
            self.whole(facts.heads),
            self.op("Shape", x, start=2, end=4),
            axis=0,
        )
        return self.op("Reshape", many, shape)
