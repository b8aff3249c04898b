"""Which of a variant's needs this machine cannot meet. Imports nothing heavy."""

from __future__ import annotations

import os
import re
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from bench.variant import Variant

INSTALL = {
    "accelerate": "gguf",
    "bitsandbytes": "bnb",
    "datasets": "hub",
    "gguf": "gguf",
    "gptqmodel": "gptq",
    "llama_cpp": "llamacpp",
    "nncf": "openvino",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
    "openvino": "openvino",
    "optimum.gptq": "gptq",
    "peft": "peft",
    "tensorrt": "trt",
    "tensorrt_rtx_bindings": "trt-rtx",
    "torchao": "torchao",
    "mlflow": "mlflow",
    "tensorboard": "tensorboard",
    "wandb": "wandb",
}
"""The extra that brings a module."""
EITHER = "|"
"""Between modules of which one is enough."""
FP8 = (8, 9)
"""The compute capability that multiplying float8 came with."""
CXX = "g++"
"""The need that a program meets."""


def why_not(variant: Variant, device: str) -> str | None:
    """One line that says why `variant` cannot run here, or None."""
    reasons = why_unmet(variant.needs, device)
    kind = device.partition(":")[0]
    if kind not in variant.devices and not reasons:
        reasons.append(f"runs on {' and '.join(variant.devices)} only, and --device is {device}")
    return f"{variant.name}: {'; '.join(reasons)}" if reasons else None


def why_unmet(needs: tuple[str, ...], device: str = "cuda") -> list[str]:
    """A reason for each of `needs` that is not here."""
    return [_missing(need) for need in needs if not _met(need, device)]


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


def _met(need: str, device: str) -> bool:
    if need == "fp8":
        return cuda() and _capability(device) >= FP8
    if need == CXX:
        return which(os.environ.get("CXX", CXX)) is not None
    if need == "cuda":
        return cuda()
    return any(_importable(name) for name in need.split(EITHER))


def _importable(module: str) -> bool:
    """Looked for without importing what it stands in."""
    first, *rest = module.split(".")
    found, name = find_spec(first), first
    for part in rest:
        name = f"{name}.{part}"
        inside = found.submodule_search_locations if found else None
        found = PathFinder.find_spec(name, list(inside)) if inside else None
    # without an origin: a mere folder of that name, as trackers leave
    return found is not None and found.origin is not None


def _capability(device: str) -> tuple[int, int]:
    """The GPU's compute capability; (0, 0) where it cannot be known."""
    from bench import gpus

    found = gpus.find(device if device.startswith("cuda") else "cuda")
    return (found.capability() if found else None) or (0, 0)


def _missing(need: str) -> str:
    if need == "cuda":
        return "needs an NVIDIA GPU, none is here"
    if need == "fp8":
        return f"needs a GPU that multiplies float8 (compute capability {FP8[0]}.{FP8[1]})"
    if need == CXX:
        return "needs a C++ compiler (install g++, or name one in CXX)"
    extra = INSTALL.get(need.partition(EITHER)[0])
    brought = f" (pip install 'weighbridge[{extra}]')" if extra else ""
    return f"needs {need.replace(EITHER, ' or ')}{brought}"
