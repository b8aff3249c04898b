"""How large a variant is, and how long it takes until it answers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import Model, Note
from bench.loading import watched
from bench.manifest import weight_file_bytes
from bench.metrics import memory
from bench.metrics.size import bits_per_weight, disk_bytes, parameters, weight_bytes
from bench.metrics.speed import ready

pytestmark = pytest.mark.isolated
LOADS = 6


def test_load(
    loading: Callable[[], Model], host_baseline: int | None, folder: Path, note: Note
) -> None:
    memory.release_at_once()
    first = watched(loading)  # what a process does once is not of interest in a time
    loads = [watched(loading) for _ in range(LOADS)]
    note.samples(ready, [load.seconds for load in loads])
    note.exact(disk_bytes, weight_file_bytes(folder))
    note.exact(bits_per_weight, 8 * weight_file_bytes(folder) / first.parameters)
    note.exact(weight_bytes, first.weight_bytes)
    note.exact(parameters, first.parameters)
    peaks = [load.host_peak for load in (first, *loads)]
    note.resident(memory.loading_peak_host, memory.above(host_baseline, peaks))
    note.exact(memory.loading_peak_allocated, first.device_peak.get("allocated"))
    note.exact(memory.loading_peak_reserved, first.device_peak.get("reserved"))
