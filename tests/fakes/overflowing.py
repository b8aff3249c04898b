"""overflowing: its scores are no numbers from the fortieth token of a row on."""

from pathlib import Path
from typing import Any

from bench import Model, Place, Tokens, Variant


def load(folder: Path, place: Place) -> Model:
    import numpy

    from tests.fakes.runtimes.table import TableModel

    class Overflowing(TableModel):
        def logits(self, tokens: Tokens) -> numpy.ndarray[Any, Any]:
            scores = super().logits(tokens)
            scores[:, 40:] = numpy.nan
            return scores

    return Overflowing(folder, place)


overflowing = Variant(
    name="overflowing",
    summary="gives scores that are no numbers",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
