"""wider: scores a token more than the vocabulary has, as padded embeddings do."""

from pathlib import Path
from typing import Any

from bench import Model, Place, Tokens, Variant


def load(folder: Path, place: Place) -> Model:
    import numpy

    from tests.fakes.runtimes.table import TableModel

    class Wider(TableModel):
        def logits(self, tokens: Tokens) -> numpy.ndarray[Any, Any]:
            return numpy.pad(super().logits(tokens), ((0, 0), (0, 0), (0, 1)), constant_values=-99)

    return Wider(folder, place)


wider = Variant(
    name="wider",
    summary="one score more than the teacher",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
