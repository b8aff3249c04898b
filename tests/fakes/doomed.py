"""doomed: its recipe's process is killed, as where memory runs out."""

import os
import signal
from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    (out / "half-done").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


doomed = Variant(
    name="doomed", summary="killed while it is made", base="teacher", make=make, load=load
)
