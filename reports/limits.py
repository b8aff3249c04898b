"""The machine's own limits, as the session measured them: bandwidth and matmul rates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from reports.names import visible
from reports.units import PERCENT, number, quantity

Row = tuple[str, str, str, str]
"""What was measured, the limit, its spread between blocks, and the kernel."""


def limit_rows(machine: Mapping[str, Any]) -> list[Row]:
    """Empty where the run says nothing of them, or not in a form that is known here."""
    limits = machine.get("limits")
    if not isinstance(limits, Mapping):
        return []
    rates = limits.get("matmul")
    found = [("read bandwidth", "B/s", limits.get("read_bandwidth"))]
    for dtype, rate in rates.items() if isinstance(rates, Mapping) else ():
        unit = "OP/s" if "int" in str(dtype) else "FLOP/s"
        found.append((f"matmul, {visible(dtype)}", unit, rate))
    return [row for what, unit, rate in found for row in _row(what, unit, rate)]


def _row(what: str, unit: str, rate: Any) -> Iterator[Row]:
    if not isinstance(rate, Mapping) or not _is_number(rate.get("limit")):
        return
    spread = rate.get("spread")
    share = f"{number(spread / PERCENT.per, 1)} %" if _is_number(spread) else ""
    yield what, quantity(rate["limit"], unit), share, visible(rate.get("kernel") or "")


def _is_number(found: Any) -> TypeGuard[float]:
    return type(found) in (int, float)
