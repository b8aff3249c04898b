"""What else is different about two runs, and may be what a comparison looks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.record import Run

OF_THE_CODE = ("deterministic", "isolate", "seed", "memory", "busy_share")
"""Settings that move a figure and stand in no workload and no recipe."""


def unlike(one: Run, other: Run) -> Iterator[str]:
    """Versions, settings, Weighbridge's code and the making of variants, each in a few words."""
    mine, its = (run.machine.get("versions") or {} for run in (one, other))
    yield from _differing(mine, its, sorted({*mine, *its}))
    yield from _differing(one.settings, other.settings, OF_THE_CODE)
    codes = [(run.machine.get("harness") or {}).get("code") for run in (one, other)]
    if codes[0] != codes[1]:
        yield f"Weighbridge's code: {codes[0]} and {codes[1]}"
    made = [
        name
        for name in one.variants
        if name in other.variants
        and one.variants[name].get("fingerprint") != other.variants[name].get("fingerprint")
    ]
    if made:
        yield f"made otherwise: {', '.join(made)}"


def _differing(
    one: Mapping[str, Any], other: Mapping[str, Any], keys: Sequence[str]
) -> Iterator[str]:
    for key in keys:
        if one.get(key) != other.get(key):
            yield f"{key}: {_said(one.get(key))} and {_said(other.get(key))}"


def _said(found: Any) -> str:
    return "none" if found is None else str(found)
