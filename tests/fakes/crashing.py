"""crashing: its child dies of a fault while it writes."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from bench import Model, Place, Tokens, Variant
from bench.child import in_child


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Crashing(TableModel):
        def generate(
            self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
        ) -> Tokens:
            if in_child() is not None:
                os.kill(os.getpid(), signal.SIGABRT)
            return super().generate(prompt, new_tokens, tick)

    return Crashing(folder, place)


crashing = Variant(
    name="crashing",
    summary="aborts in a child",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
