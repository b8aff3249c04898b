"""killed: its child is killed while it writes."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from bench import Model, Place, Tokens, Variant
from bench.child import in_child


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Killed(TableModel):
        def generate(
            self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
        ) -> Tokens:
            if in_child() is not None:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().generate(prompt, new_tokens, tick)

    return Killed(folder, place)


killed = Variant(
    name="killed",
    summary="killed in a child",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
