"""What a report is: a name, and text made from runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.record import Run


@dataclass(frozen=True, kw_only=True)
class Report:
    """A way to show runs; declared once, at the top of the file of its name."""

    name: str
    summary: str
    """One line for `weighbridge report --help`."""
    render: Callable[[Sequence[Run]], str]
    """The whole document. It reads nothing but the runs, and writes nothing."""
