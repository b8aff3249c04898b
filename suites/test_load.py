"""How large a variant is, and how long it takes until it answers."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import pytest

from bench import Model, Note
from bench.manifest import weight_file_bytes
from bench.metrics.size import disk_bytes, parameters, weight_bytes
from bench.metrics.speed import ready

pytestmark = pytest.mark.isolated
LOADS = 6


def test_load(loading: Callable[[], Model], folder: Path, note: Note) -> None:
    seconds = []
    for _ in range(LOADS):
        start = perf_counter()
        model = loading()
        model.first_token([[0]])
        seconds.append(perf_counter() - start)
        size, numbers = sum(model.weight_bytes().values()), model.parameters()
        model.close()
    note.samples(ready, seconds)
    note.exact(disk_bytes, weight_file_bytes(folder))
    note.exact(weight_bytes, size)
    note.exact(parameters, numbers)
