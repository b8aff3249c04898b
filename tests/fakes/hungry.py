"""hungry: no memory is enough."""

from collections.abc import Callable
from pathlib import Path

from bench import Model, Place, Tokens, Variant


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Hungry(TableModel):
        def generate(
            self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
        ) -> Tokens:
            raise MemoryError("wanted 8 TiB")

    return Hungry(folder, place)


hungry = Variant(
    name="hungry",
    summary="runs out of memory",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
