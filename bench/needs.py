"""Which of a variant's needs this machine cannot meet. Imports nothing heavy."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from bench.variant import Variant

INSTALL = {
    "tensorrt": "trt", "onnxruntime": "onnx", "datasets": "hub", "llama_cpp": "llamacpp",
    "gguf": "llamacpp",
}  # fmt: skip
"""The extra that brings a module."""
CXX = "g++"
"""The need that a program meets."""


def why_not(variant: Variant, device: str) -> str | None:
    """One line that says why `variant` cannot run here, or None."""
    reasons = why_unmet(variant.needs)
    kind = device.partition(":")[0]
    if kind not in variant.devices and not reasons:
        reasons.append(f"runs on {' and '.join(variant.devices)} only, and --device is {device}")
    return f"{variant.name}: {'; '.join(reasons)}" if reasons else None


def why_unmet(needs: tuple[str, ...]) -> list[str]:
    """A reason for each of `needs` that is not here."""
    return [_missing(need) for need in needs if not _met(need)]


def cuda() -> bool:
    """Whether an NVIDIA driver is here."""
    return Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists()


def cpu_flags() -> tuple[str, ...]:
    """The processor's instruction sets that decide which kernels are fast (Linux)."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return ()
    found = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    wanted = re.compile(r"avx2|fma|amx_\w+|avx512f|avx512_(bf16|fp16|vnni)|avx_vnni")
    return tuple(sorted(f for f in (found[1].split() if found else ()) if wanted.fullmatch(f)))


def _met(need: str) -> bool:
    if need == CXX:
        return which(os.environ.get("CXX", CXX)) is not None
    return cuda() if need == "cuda" else find_spec(need) is not None


def _missing(need: str) -> str:
    if need == "cuda":
        return "needs an NVIDIA GPU, none is here"
    if need == CXX:
        return "needs a C++ compiler (install g++, or name one in CXX)"
    extra = INSTALL.get(need)
    return f"needs {need}" + (f" (pip install 'weighbridge[{extra}]')" if extra else "")
