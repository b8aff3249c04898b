"""Which attention kernel runs: forced where asked, and known by what a profiler counted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from torch.nn.attention import SDPBackend, sdpa_kernel

from bench.errors import ProofFailed

KERNEL = "_scaled_dot_product"
WRITTEN_OUT = "written out"
BACKENDS = {"flash": SDPBackend.FLASH_ATTENTION, "math": SDPBackend.MATH}
"""What can be forced; sdpa itself lets PyTorch choose, and eager calls no kernel of its kind."""
NAMES = {
    ("flash", "cpu"): "_scaled_dot_product_flash_attention_for_cpu",
    ("flash", "cuda"): "_scaled_dot_product_flash_attention",
    ("math", "cpu"): "_scaled_dot_product_attention_math",
    ("math", "cuda"): "_scaled_dot_product_attention_math",
    ("eager", "cpu"): "_softmax",
    ("eager", "cuda"): "_softmax",
}
"""What the profiler calls each on each device; written out, a layer's softmax is what is left."""


def forced(attention: str) -> AbstractContextManager[Any]:
    """Within it only that kernel runs; one that cannot raises. Free for sdpa and eager."""
    return sdpa_kernel(BACKENDS[attention]) if attention in BACKENDS else nullcontext()


def attended(kernels: Mapping[str, int]) -> dict[str, int]:
    """The attention kernels among all that the profiler counted."""
    return {
        name: count
        for name, count in kernels.items()
        if name.startswith(KERNEL) and not name.endswith("_backward")
    }


def prove(attention: str, device: str, kernels: Mapping[str, int], calls: int) -> None:
    """Raises ProofFailed unless exactly `calls` of the asked kernel ran, and no other.

    `attention`: sdpa (any will do), flash, math or eager; `device`: cpu or cuda.
    """
    if attention == "sdpa":
        return
    name, found = NAMES[attention, device], attended(kernels)
    wrong = set(found) - {name}
    if wrong or kernels.get(name, 0) != calls:
        raise ProofFailed(
            f"expected {calls} calls of {name}, the profiler saw "
            f"{ {**found, name: kernels.get(name, 0)} if found else WRITTEN_OUT }"
        )
