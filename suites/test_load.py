"""How large a variant is, and how long it takes until it answers."""

from pathlib import Path
from time import perf_counter

import pytest

from bench import Note
from bench.loading import Loading
from bench.manifest import weight_file_bytes
from bench.metrics import memory
from bench.metrics.size import bits_per_weight, disk_bytes, parameters, weight_bytes
from bench.metrics.speed import ready

pytestmark = pytest.mark.isolated
LOADS = 6


def test_load(loading: Loading, host_baseline: int | None, folder: Path, note: Note) -> None:
    if loading.to_be_watched:
        loading().close()  # its time is not taken
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
    note.exact(bits_per_weight, 8 * weight_file_bytes(folder) / numbers)
    note.exact(weight_bytes, size)
    note.exact(parameters, numbers)
    peak = loading.host_peak
    note.exact(memory.loading_peak_host, peak - host_baseline if peak and host_baseline else None)
    note.exact(memory.loading_peak_allocated, loading.device_peak.get("allocated"))
    note.exact(memory.loading_peak_reserved, loading.device_peak.get("reserved"))
