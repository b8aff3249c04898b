"""The hardware key: what two runs must share before their times may be set against one another."""

from __future__ import annotations

import hashlib
import json
import reprlib
from collections.abc import Mapping
from typing import Any

from bench.record import Run

PROCESSOR = {
    "cpu": "processor",
    "cores": "number of cores",
    "threads": "number of threads",
    "flags": "set of instructions",
    "governor": "governor",
    "turbo": "turbo",
}
"""What of `machine` decides how fast a processor is, and how a refusal calls it."""
GPU = {"name": "GPU", "driver": "GPU's driver", "memory_bytes": "GPU's memory"}
"""The same of the GPU. Not its uuid: two cards of one model are one kind of hardware."""


def traits(machine: Mapping[str, Any]) -> dict[str, Any]:
    """What decides a time here, under the name that a refusal says.

    Of the affinity only how many processors it allows. Not the software: that one machine is
    measured under two versions of a library is what a comparison is for.
    """
    gpu = machine.get("gpu") or {}
    allowed = machine.get("affinity")
    found = {said: machine.get(key) for key, said in PROCESSOR.items()}
    found["number of usable processors"] = len(allowed) if isinstance(allowed, list) else None
    return found | {said: gpu.get(key) for key, said in GPU.items()}


def traits_of(run: Run) -> dict[str, Any]:
    """The same of a run, with the kind of device: a GPU that could not be matched has no name."""
    device = str(run.settings.get("device")).partition(":")[0]
    return {"device": device, **traits(run.machine)}


def hardware_key(run: Run) -> str:
    """Twelve digits that two runs share where their times may be compared."""
    text = json.dumps(traits_of(run), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def hardware_name(machine: Mapping[str, Any]) -> str:
    """The machine as a heading names it: processor, GPU and threads."""
    gpu, threads = machine.get("gpu") or {}, machine.get("threads")
    count = f"{threads} thread{'' if threads == 1 else 's'}" if threads else None
    parts = (machine.get("cpu"), gpu.get("name"), count)
    return ", ".join(str(part) for part in parts if part) or "an unnamed machine"


def same_hardware(one: Run, other: Run) -> bool:
    """Whether times of the two may be set against one another."""
    return traits_of(one) == traits_of(other)


def other_hardware(one: Run, other: Run) -> str | None:
    """Why no time of one run may be set against one of the other; None where it may."""
    here, there = traits_of(one), traits_of(other)
    for what, mine in here.items():
        if mine != there[what]:
            said = (reprlib.repr(mine), reprlib.repr(there[what]))
            return f"the {what} differs: {said[0]} here, {said[1]} there"
    return None
