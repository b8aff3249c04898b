"""waiting: in a child it waits while it writes, until it is ended; a pipe tells that it does."""

import signal
from collections.abc import Callable
from pathlib import Path

from bench import Model, Place, Tokens, Variant
from bench.child import in_child


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Waiting(TableModel):
        def generate(
            self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
        ) -> Tokens:
            if in_child() is not None:
                (folder.parent / "waiting").write_text("yes")
                signal.pause()
            return super().generate(prompt, new_tokens, tick)

    return Waiting(folder, place)


waiting = Variant(
    name="waiting",
    summary="waits in a child",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
