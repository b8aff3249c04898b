"""narrow: it can score but not write."""

from collections.abc import Callable
from pathlib import Path

from bench import Model, Place, Tokens, Variant


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Narrow(TableModel):
        def generate(
            self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
        ) -> Tokens:
            raise NotImplementedError("one token at most")

    return Narrow(folder, place)


narrow = Variant(
    name="narrow",
    summary="does not support generate",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
