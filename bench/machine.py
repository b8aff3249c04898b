"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from pathlib import Path
from typing import Any

from bench.commit import harness, tree
from bench.needs import cpu_flags
from bench.process import QUIET, for_libraries

PACKAGES = (
    "torch", "torchao", "transformers", "safetensors", "tokenizers", "accelerate", "gguf",
    "huggingface-hub", "datasets", "numpy", "scipy", "statsmodels", "pymbar", "onnx",
    "onnxruntime", "onnxruntime-gpu", "onnxscript", "openvino", "nncf", "optimum", "gptqmodel",
    "bitsandbytes", "peft", "llama-cpp-python", "tensorrt", "tensorrt-rtx-cu13-bindings",
    "tensorrt-rtx-cu13-libs", "nvidia-ml-py", "pytest", "pytest-benchmark", "weighbridge",
)  # fmt: skip
"""What can change a figure, be it in its last digit."""
BENEATH = re.compile(r"(nvidia|intel|mkl|triton)[\w.-]*")
"""Packages that torch needs and that hold its kernels."""
VARIABLES = re.compile(
    r"(OMP|GOMP|KMP|MKL|OPENBLAS|BLIS|NUMEXPR|ONEDNN|DNNL|ATEN|TORCH|PYTORCH|TORCHINDUCTOR|TRITON"
    r"|CUDA|CUBLAS|CUDNN|NVIDIA|ORT|MALLOC|TOKENIZERS|TRANSFORMERS)_\w+"
    r"|LD_PRELOAD|PYTHONHASHSEED|PYTHONMALLOC|HF_HUB_OFFLINE"
)
"""Environment variables that a runtime obeys; none of them holds a secret."""
CPUS = Path("/sys/devices/system/cpu")


def describe(threads: int, root: Path, device: str = "cpu") -> dict[str, Any]:
    """Everything about the machine that moves a figure, and the commit under `root`."""
    return {
        "cpu": cpu_name(),
        "flags": list(cpu_flags()),
        "cores": os.cpu_count(),
        "affinity": affinity(),
        "governor": governor(),
        "turbo": turbo(),
        "threads": threads,
        "memory_bytes": memory_bytes(),
        "gpu": gpu(device),
        "os": platform.platform(),
        "python": platform.python_version(),
        "versions": {**versions(), **beneath()},
        "environment": variables(threads),
        "harness": harness(),
        **tree(root),
    }


def versions() -> dict[str, str]:
    """The installed versions that matter, read without importing."""
    return _installed(PACKAGES)


def beneath() -> dict[str, str]:
    """Versions of the packages that hold torch's kernels, as its own wheel names them."""
    try:
        needed = requires("torch") or []
    except PackageNotFoundError:
        return {}
    return _installed([found[0] for line in needed if (found := BENEATH.match(line))])


def installed(module: str) -> list[str]:
    """Names and versions of the packages that bring a top-level module."""
    try:  # mostly the package bears the module's name; reading every package takes longer
        return [f"{module} {version(module)}"]
    except PackageNotFoundError:
        return [f"{name} {version(name)}" for name in sorted(set(_brings().get(module, [])))]


@cache
def _brings() -> Mapping[str, list[str]]:
    return packages_distributions()


def _installed(packages: Iterable[str]) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def variables(threads: int) -> dict[str, str]:
    """What runtimes find in the environment of a cell."""
    set_ = {name: value for name, value in os.environ.items() if VARIABLES.fullmatch(name)}
    return dict(sorted({**set_, **for_libraries(threads)}.items()))


def affinity() -> list[int] | None:
    """The processors that this process may use; None where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def governor() -> str | None:
    """How the processors choose their frequency; None where it cannot be read."""
    files = (CPUS / f"cpu{cpu}" / "cpufreq" / "scaling_governor" for cpu in affinity() or ())
    found = {_read(file) for file in files} - {None}
    return ", ".join(sorted(map(str, found))) or None


def turbo() -> bool | None:
    """Whether they may exceed their base frequency; None where it cannot be read."""
    known = {"intel_pstate/no_turbo": "0", "cpufreq/boost": "1"}
    said = ((_read(CPUS / name), yes) for name, yes in known.items())
    return next((found == yes for found, yes in said if found is not None), None)


def _read(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except OSError:
        return None


def load_average() -> float | None:
    """Processes that wanted a processor over the last minute."""
    try:
        return os.getloadavg()[0]
    except (OSError, AttributeError):
        return None


def usable_threads() -> int:
    """Processors that this process may use: its affinity, cut by the container's quota."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):
        return mine
    return mine if quota == "max" else max(1, min(mine, int(quota) // int(period)))


def cpu_name() -> str:
    """The processor's name as the system gives it."""
    try:
        found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def memory_bytes() -> int | None:
    """Physical memory."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def gpu(device: str) -> dict[str, Any] | None:
    """The GPU that `device` means; None on a processor, and where no GPU could be matched."""
    from bench import gpus

    # Models are loaded under our own environment, which fixes the order of the GPUs.
    found = gpus.find(device, {**os.environ, **QUIET})
    return found.describe() if found else None
