"""The most memory that a variant holds while it writes, in a process of its own."""

import pytest

from bench import Grid, Model, Note, Tokens, Workload, gpus
from bench.metrics import memory
from bench.session import BenchSession

pytestmark = pytest.mark.isolated
GRID = Grid(batch=(4,), prompt=(128,), new=(16,))
ROUNDS = 6


def test_memory(
    bench_session: BenchSession,
    host_baseline: int | None,
    model: Model,
    prompt: Tokens,
    workload: Workload,
    note: Note,
) -> None:
    model.device_peak()  # what came before is not of interest here
    peaks = [
        memory.host_peak_of(lambda: model.generate(prompt, workload.new_tokens))
        for _ in range(ROUNDS)
    ]
    known = [peak for peak in peaks if peak is not None]
    note.samples(memory.peak_host_absolute, known)
    note.samples(
        memory.peak_host, [peak - host_baseline for peak in known] if host_baseline else []
    )
    gpu = gpus.find(bench_session.settings.device)
    # before device_peak, which gives back what the driver still counts for the allocator
    note.exact(memory.nvml_process, gpu.own_bytes() if gpu else None)
    note.exact(memory.nvml_device, gpu.used_bytes() if gpu else None)
    held = model.device_peak()
    note.exact(memory.peak_allocated, held.get("allocated"))
    note.exact(memory.peak_reserved, held.get("reserved"))
