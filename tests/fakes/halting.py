"""halting: waits while it writes two rows, if a pipe `halt-here` (`halt-child`) is there."""

import signal
from collections.abc import Callable
from pathlib import Path

from bench import Model, Place, Tokens, Variant
from bench.child import in_child


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Halting(TableModel):
        def generate(
            self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
        ) -> Tokens:
            pipe = folder.parent / ("halt-here" if in_child() is None else "halt-child")
            if pipe.is_fifo() and len(prompt) == 2:
                pipe.write_text("yes")
                signal.pause()
            return super().generate(prompt, new_tokens, tick)

    return Halting(folder, place)


halting = Variant(
    name="halting",
    summary="waits until it is ended",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
