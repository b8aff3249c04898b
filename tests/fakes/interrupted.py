"""interrupted: somebody presses Ctrl-C while it writes."""

from collections.abc import Callable
from pathlib import Path

from bench import Model, Place, Tokens, Variant


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Interrupted(TableModel):
        def generate(
            self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
        ) -> Tokens:
            raise KeyboardInterrupt

    return Interrupted(folder, place)


interrupted = Variant(
    name="interrupted",
    summary="interrupts the session",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
