"""watched: a table whose runtime offers a profiler."""

import json
from collections.abc import Callable
from pathlib import Path

from bench import Model, Place, Variant
from bench.operators import Operator


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Watched(TableModel):
        profiler = "a stopwatch"

        def profile(self, step: Callable[[], object], trace: Path) -> list[Operator]:
            step()
            trace.write_text(json.dumps({"traceEvents": [{"ph": "X", "name": "look up"}]}))
            return [Operator(name="look up", calls=4, cpu_seconds=0.25)]

    return Watched(folder, place)


watched = Variant(
    name="watched",
    summary="the table, watched",
    base="teacher",
    load=load,
    runtime="tests.fakes.runtimes.table",
)
