"""gptq: its proof and, where gptqmodel is installed, its kernel against the weights in floats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy
import pytest
import torch
from torch import nn

from bench.errors import ProofFailed
from bench.needs import why_unmet
from bench.variant import Place
from tests.variants import tiny
from variants.gptq import gptq
from variants.runtimes.gptq import backend_for, prove_gptq

KERNEL = "_weight_int4pack_mm_for_cpu"
PLACE = Place(device="cpu", threads=2)
installed = pytest.mark.skipif(
    bool(why_unmet(gptq.needs, "cpu")), reason="tox -e gptq has gptqmodel, and another torch"
)


class Packed(nn.Module):
    """A layer as gptqmodel's look from outside."""

    def __init__(self, bits: int = 4, dtype: torch.dtype = torch.int32) -> None:
        super().__init__()
        self.bits = bits
        self.register_buffer("qweight", torch.zeros(2, 2, dtype=dtype))


class Body(nn.Module):
    """Some layers and an output layer in floats."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers, self.head = nn.ModuleList(layers), nn.Linear(2, 2)

    def get_output_embeddings(self) -> nn.Module:
        return self.head


def test_packed_layers_that_all_called_their_kernel_pass() -> None:
    found = prove_gptq(Body(Packed(), Packed()), 4, KERNEL, {KERNEL: 6})
    assert found["quantised_linears"] == {"found": 2, "expected": 2}
    assert (found["kernel"], found["bits"]) == ({KERNEL: 6}, 4)


@pytest.mark.parametrize(
    ("layers", "calls", "says"),
    [
        ((), {}, r"found 0, of them 0 in another form, and 0 in floats"),
        ((Packed(), nn.Linear(2, 2)), {KERNEL: 3}, r"found 1, .* and 1 in floats"),
        ((Packed(bits=8),), {KERNEL: 3}, r"1 in another form"),
        ((Packed(dtype=torch.float16),), {KERNEL: 3}, r"1 in another form"),
        ((Packed(), Packed()), {KERNEL: 3}, rf"expected 6 calls of {KERNEL}; a profiler saw 3"),
    ],
)
def test_what_is_not_packed_or_not_called_is_refused(
    layers: tuple[nn.Module, ...], calls: Mapping[str, int], says: str
) -> None:
    with pytest.raises(ProofFailed, match=says):
        prove_gptq(Body(*layers), 4, KERNEL, calls)


def test_no_kernel_is_compiled_on_a_processor() -> None:
    assert [backend_for(bits, "cpu") for bits in (4, 8)] == ["gptq_torch_aten", "gptq_torch"]
    assert backend_for(4, "cuda:0") == "auto"


@installed
@pytest.mark.parametrize("architecture", ["gpt2", "llama"])
def test_the_kernel_computes_what_the_weights_say(
    architecture: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gptqmodel's own unpacking into floats is the oracle: the same folder, another backend."""
    base = tiny.checkpoint(tmp_path / "base", architecture)
    gptq.build(base, tmp_path / "made")
    prompt = [[5, 80, 17, 201, 9, 44, 120, 7]]
    packed = gptq.open(tmp_path / "made", PLACE)
    fast, numbers = packed.logits(prompt), packed.parameters()
    assert set(packed.proof()["kernel"]) == {KERNEL}
    packed.close()
    monkeypatch.setattr("variants.runtimes.gptq.backend_for", lambda *_: "gptq_torch")
    plain = gptq.open(tmp_path / "made", PLACE)
    slow = plain.logits(prompt)
    assert plain.parameters() == numbers
    error = float(numpy.sqrt(((fast - slow) ** 2).mean()))
    assert error < 0.05 * float(slow.std())  # both round to bfloat16 four layers deep
