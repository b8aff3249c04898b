"""wrong: it writes too little."""

from collections.abc import Callable
from pathlib import Path

from bench import Model, Place, Tokens, Variant


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Wrong(TableModel):
        def generate(
            self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
        ) -> Tokens:
            return super().generate(prompt, new_tokens - 1, tick)

    return Wrong(folder, place)


wrong = Variant(
    name="wrong",
    summary="stops a token early",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
