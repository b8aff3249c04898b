"""What a report is: a name, and a document made from runs, or a tracker that a run is sent to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.record import Run


def as_said(target: str) -> str:
    """A target that needs no check."""
    return target


@dataclass(frozen=True, kw_only=True)
class Report:
    """A way to show runs; declared once, at the top of the file of its name.

    It renders, or it sends; never both.
    """

    name: str
    summary: str
    """One line for `weighbridge report --help`."""
    render: Callable[[Sequence[Run]], str] | None = None
    """The whole document. It reads nothing but the runs, and writes nothing."""
    send: Callable[[Run, str], str] | None = None
    """Give a run to the tracker that a target names; where it went, in a line. May raise anything:
    the run is kept, and the user is told in one line."""
    needs: tuple[str, ...] = ()
    """Modules that it cannot do without; an extra brings each (bench/needs.py)."""
    target: str = "PATH"
    """What stands behind `--report NAME=`."""
    aim: Callable[[str], str] = as_said
    """A sender's target as said -> as it holds in any working directory; of nothing, the usual one.
    Raises Misuse."""

    def __post_init__(self) -> None:
        if (self.render is None) == (self.send is None):
            raise TypeError(f"the report {self.name!r} must either render or send")
