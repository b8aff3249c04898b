"""stuck: its recipe waits until it is ended; it says in a pipe beside its folder that it does."""

import signal
from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    (out / "half-done").write_text("half")
    (out.parent / "waiting").write_text("yes")  # a pipe: this returns when somebody reads
    signal.pause()


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


stuck = Variant(name="stuck", summary="never done", base="teacher", make=make, load=load)
