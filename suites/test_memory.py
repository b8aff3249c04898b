"""The most memory that a variant holds while it writes, in a process of its own."""

import pytest

from bench import Grid, Model, Note, Tokens, Workload
from bench.metrics.memory import host_peak_of, peak_device, peak_host, peak_host_absolute

pytestmark = pytest.mark.isolated
GRID = Grid(batch=(4,), prompt=(128,), new=(16,))
ROUNDS = 6


def test_memory(
    host_baseline: int | None, model: Model, prompt: Tokens, workload: Workload, note: Note
) -> None:
    model.device_peak()  # what loading took is not of interest here
    peaks = [
        host_peak_of(lambda: model.generate(prompt, workload.new_tokens)) for _ in range(ROUNDS)
    ]
    known = [peak for peak in peaks if peak is not None]
    note.samples(peak_host_absolute, known)
    note.samples(peak_host, [peak - host_baseline for peak in known] if host_baseline else [])
    note.exact(peak_device, model.device_peak())
