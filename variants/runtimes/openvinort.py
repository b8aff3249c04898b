"""Runs an exported graph in OpenVINO, whose compiled model keeps the cache as its state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from bench.errors import ProofFailed
from bench.model import Choose, Tokens
from bench.variant import Place
from variants.runtimes.onnx_graph import LOGITS, Facts

MODEL = "openvino.xml"
MATMUL = "FullyConnected"
KINDS = {"none": {"f32"}, "int8": {"i8"}, "int4": {"i4", "u4", "i8", "u8"}}
"""What the weights of a matmul may be, by the option's word."""
FEWEST = 0.8
"""Of an int4 model's matmuls, the output layer and few more may be in 8 bits."""
SETTINGS = ("INFERENCE_PRECISION_HINT", "KV_CACHE_PRECISION", "DYNAMIC_QUANTIZATION_GROUP_SIZE")


def prepare(folder: Path, place: Place) -> None:
    """Everything that costs before a load and is not the model: imports, the plugin."""
    ov.Core().get_property("CPU", "FULL_DEVICE_NAME")


class OpenVinoModel:
    """`bench.Model` around a compiled model."""

    def __init__(self, folder: Path, place: Place, weights: str) -> None:
        self._weights, self._place, self.facts = weights, place, Facts.read(folder)
        self._sizes = _stored(ov.Core().read_model(folder / MODEL))
        self._session: ov.CompiledModel | None = ov.Core().compile_model(
            folder / MODEL,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": "f32",
                "KV_CACHE_PRECISION": "f32",
                "INFERENCE_NUM_THREADS": place.threads,
                "NUM_STREAMS": 1,
            },
        )
        self._request = self._session.create_infer_request()

    def logits(self, tokens: Tokens) -> np.ndarray[Any, Any]:
        """Float32 (batch, length, vocabulary), one forward with an empty past."""
        ids = np.asarray(tokens)
        return self._step(ids, 0, np.arange(ids.shape[1]))

    def first_token(self, prompt: Tokens) -> Tokens:
        """The most likely next token of every row; the cache is built, as for decoding."""
        return self.generate(prompt, 1)

    def generate(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
    ) -> Tokens:
        """Greedy, exactly `new_tokens`, never stopping at an end token."""
        return self._write(prompt, new_tokens, tick, lambda scores: scores.argmax(-1).tolist())

    def decode(self, prompt: Tokens, new_tokens: int, choose: Choose) -> Tokens:
        """The same loop and cache, each token chosen from its scores."""
        return self._write(prompt, new_tokens, None, choose)

    def _write(
        self,
        prompt: Tokens,
        new_tokens: int,
        tick: Callable[[], None] | None,
        choose: Choose,
    ) -> Tokens:
        ids, done = np.asarray(prompt), 0
        rows: list[list[int]] = [[] for _ in prompt]
        for _ in range(new_tokens):
            chosen = choose(self._step(ids, done, np.array([ids.shape[1] - 1]))[:, -1])
            done += ids.shape[1]
            ids = np.asarray(chosen)[:, None]
            for row, token in zip(rows, chosen, strict=True):
                row.append(int(token))
            if tick is not None:
                tick()
        return rows

    def _step(
        self, ids: np.ndarray[Any, Any], done: int, keep: np.ndarray[Any, Any]
    ) -> np.ndarray[Any, Any]:
        """Ids (batch, tokens) behind `done` others -> float32 (batch, kept, vocabulary)."""
        if self._session is None:
            raise RuntimeError("the model is closed")
        if not done:
            self._request.reset_state()
        positions = np.arange(done, done + ids.shape[1])[None]
        self._request.infer({"input_ids": ids, "position_ids": positions, "keep": keep})
        return self._request.get_tensor(LOGITS).data.copy()  # the tensor is written anew

    def proof(self) -> dict[str, Any]:
        """What the compiled model says of itself: the matmuls' weights, precisions, threads."""
        session = self._session
        assert session is not None
        matmuls = matmul_kinds(session.get_runtime_model().get_ops())
        prove_kinds(matmuls, self._weights, self.facts.matrices)
        threads = session.get_property("INFERENCE_NUM_THREADS")
        if threads != self._place.threads:
            raise ProofFailed(f"expected {self._place.threads} threads, found {threads}")
        return {
            "class": type(self).__name__,
            "device": session.get_property("EXECUTION_DEVICES")[0].lower(),
            "threads": threads,
            "streams": session.get_property("NUM_STREAMS"),
            "weight_bytes": self.weight_bytes(),
            "matmuls": dict(matmuls),
            "attention": "as the plugin compiled it",
            "simulated": False,
            **{name.lower(): _said(session.get_property(name)) for name in SETTINGS},
        }

    def weight_bytes(self) -> Mapping[str, int]:
        """Bytes of the model's constants by kind of storage, tied ones once."""
        return self._sizes

    def parameters(self) -> int:
        """Numbers that the weights stand for, tied ones once; as counted before the export."""
        return self.facts.parameters

    def device_peak(self) -> dict[str, int]:
        """Nothing: it runs on the processor."""
        return {}

    def close(self) -> None:
        """Drop the compiled model and its request."""
        self._session = self._request = None


def matmul_kinds(operators: Iterable[ov.Node]) -> Counter[str]:
    """How many matmuls of a compiled model read weights of which kind."""
    return Counter(
        node.get_rt_info()["runtimePrecision"].astype(str)
        for node in operators
        if node.get_rt_info()["layerType"].astype(str) == MATMUL
    )


def prove_kinds(found: Mapping[str, int], weights: str, expected: int) -> None:
    """Raises ProofFailed where a matmul is missing, or reads weights of another kind."""
    few = sum(count for kind, count in found.items() if kind in ("i4", "u4"))
    wrong = set(found) - KINDS[weights] or sum(found.values()) != expected
    if wrong or (weights == "int4" and few < FEWEST * expected):
        raise ProofFailed(
            f"expected {expected} matmuls with weights {weights}, the compiled model has "
            f"{dict(found) or 'none'}"
        )


def _stored(model: ov.Model) -> dict[str, int]:
    found: Counter[str] = Counter()
    for node in model.get_ops():
        kind = node.get_element_type() if node.get_type_name() == "Constant" else None
        if kind is not None and (kind.is_quantized() or kind.is_real() or kind.bitwidth <= 8):
            found[kind.get_type_name()] += node.get_byte_size()
    return dict(found)


def _said(value: Any) -> Any:
    """In a value that JSON holds."""
    return value if isinstance(value, (bool, int, float, str)) else str(value)
