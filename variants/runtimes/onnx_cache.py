"""What an ONNX session is fed from one forward to the next: the past, the ids, room for scores."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import onnxruntime as ort

from variants.runtimes.onnx_graph import LOGITS, Facts, cache_names

Array = np.ndarray[Any, Any]


class Feed:
    """One binding; what keeps its shape is bound once and then written in place."""

    def __init__(self, binding: Any, *, in_place: bool) -> None:
        """`in_place`: not on a GPU, where an input is copied as it is bound."""
        self.binding, self._in_place = binding, in_place
        self._given: dict[str, Array] = {}

    def give(self, name: str, values: Array) -> None:
        """An input from the host."""
        known = self._given.get(name)
        if self._in_place and known is not None and known.shape == values.shape:
            known[...] = values
            return
        own = np.array(values, dtype=np.int32 if name in ("last", "total") else np.int64, order="C")
        self._given[name] = own  # the bound value only points to it
        self.binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(own))

    def scores(self, shape: tuple[int, int], session: ort.InferenceSession) -> Array:
        """Room for float32 (batch, kept, vocabulary) on the host, where the logits go."""
        known = self._given.get(LOGITS)
        if known is None or known.shape[:2] != shape:
            vocabulary = session.get_outputs()[0].shape[-1]
            known = self._given[LOGITS] = np.empty((*shape, vocabulary), np.float32)
            self.binding.bind_ortvalue_output(LOGITS, ort.OrtValue.ortvalue_from_numpy(known))
        return known


class Cache(Protocol):
    """Keys and values of every layer; bound before a forward, taken over after it."""

    def bind(self, feed: Feed, total: int) -> None:
        """Before a forward after which the cache holds `total` positions."""
        ...

    def take(self, binding: Any) -> None:
        """What the forward has made."""
        ...


class ReservedCache:
    """One buffer a tensor for the whole length, read and written in place by the fused operator.

    Its inputs and outputs are the same memory, so that no step copies the past.
    """

    def __init__(self, facts: Facts, batch: int, length: int) -> None:
        shape = (batch, facts.kv_heads, length, facts.head_size)
        self._arrays = [np.zeros(shape, np.float32) for _ in range(2 * facts.layers)]
        self._layers, self._batch, self._bound = facts.layers, batch, False

    def bind(self, feed: Feed, total: int) -> None:
        """The buffers once; then only how far they are filled."""
        if not self._bound:
            past_names, present_names = (cache_names(w, self._layers) for w in ("past", "present"))
            for past, present, array in zip(past_names, present_names, self._arrays, strict=True):
                buffer = ort.OrtValue.ortvalue_from_numpy(array)
                feed.binding.bind_ortvalue_input(past, buffer)
                feed.binding.bind_ortvalue_output(present, buffer)
            self._bound = True
        feed.give("last", np.full(self._batch, total - 1))
        feed.give("total", np.array(total))

    def take(self, binding: Any) -> None:
        """Nothing: it stands there already."""


class GrowingCache:
    """Each forward's outputs are the next one's past: they stay on the device, never copied out.

    For graphs of standard operators, which put past and new together themselves.
    """

    def __init__(self, facts: Facts, batch: int, device: str) -> None:
        shape = (batch, facts.kv_heads, 0, facts.head_size)
        self._past_names = cache_names("past", facts.layers)
        self._present_names = cache_names("present", facts.layers)
        kind, _, number = device.partition(":")
        self._place = (kind, int(number or 0))
        empty = ort.OrtValue.ortvalue_from_shape_and_type(shape, np.float32, *self._place)
        self._past = [empty] * len(self._past_names)

    def bind(self, feed: Feed, total: int) -> None:
        """The last forward's outputs as the past; new outputs wherever the runtime puts them."""
        for name, value in zip(self._past_names, self._past, strict=True):
            feed.binding.bind_ortvalue_input(name, value)
        for name in self._present_names:
            feed.binding.bind_output(name, *self._place)

    def take(self, binding: Any) -> None:
        """Outputs come in the order in which they were first bound: all presents before logits."""
        self._past = list(binding.get_outputs()[: len(self._past_names)])
