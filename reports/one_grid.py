"""Whether runs are parts of one grid: the same in all that decides a figure."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from bench.record import Run
from reports.contest import why_incomparable
from reports.hardware import other_hardware

Json = dict[str, Any]
OF_A_SESSION = ("order", "command", "resumed", "resumed_from", "artifacts", "device", "merged")
"""Settings that parts of one grid may differ in. Of the device only the index: see _device."""
SOFTWARE = ("python", "commit")
"""What of the machine must be the same, besides the hardware."""
SHARDING = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")
"""Variables by which a grid is spread over equal GPUs."""


def not_of_one_grid(one: Run, other: Run) -> str | None:
    """Why two runs are no parts of one; None where they may become one."""
    hardware = other_hardware(one, other)
    if hardware:
        return f"{hardware}; `weighbridge compare` sets two machines side by side"
    return why_incomparable(one, other) or next(_differences(one, other), None)


def _differences(one: Run, other: Run) -> Iterator[str]:
    yield from _differing("", _software(one), _software(other))
    yield from _differing("setting ", _settings(one), _settings(other))
    shared = [name for name in one.variants if name in other.variants]
    mine, its = ({name: run.variants[name] for name in shared} for run in (one, other))
    yield from _differing("making of ", mine, its)
    proofs, others = _proofs(one), _proofs(other)
    both = proofs.keys() & others.keys()
    yield from _differing(
        "proof of ", {name: proofs[name] for name in both}, {name: others[name] for name in both}
    )


def _differing(what: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys((*one, *other)):
        if one.get(key) != other.get(key):
            here, there = reprlib.repr(one.get(key)), reprlib.repr(other.get(key))
            yield f"the {what}{key} differs: {here} here, {there} there"


def _software(run: Run) -> Json:
    """Not the kernel, nor whether the tree is dirty: a part's own file makes it so."""
    environment = run.machine.get("environment") or {}
    harness, versions = run.machine.get("harness") or {}, run.machine.get("versions") or {}
    return {
        **{key: run.machine.get(key) for key in SOFTWARE},
        "code of Weighbridge": harness.get("code"),
        **{f"version of {name}": item for name, item in versions.items()},
        **{f"variable {key}": item for key, item in environment.items() if key not in SHARDING},
    }


def _settings(run: Run) -> Json:
    found = {key: value for key, value in run.settings.items() if key not in OF_A_SESSION}
    return {**found, "device": _device(run)}


def _device(run: Run) -> str:
    return str(run.settings.get("device")).partition(":")[0]


def _proofs(run: Run) -> Json:
    return {record.variant: record.proof for record in run.records if record.proof}
