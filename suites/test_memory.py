"""The most memory that a variant holds while it writes, in a process of its own."""

from collections.abc import Callable
from contextlib import closing
from functools import partial

import pytest

from bench import Grid, Model, Note, Tokens, Workload, gpus
from bench.metrics import memory
from bench.session import BenchSession

pytestmark = pytest.mark.isolated
GRID = Grid(batch=(4,), prompt=(128,), new=(16,))
ROUNDS = 4
"""Each loads anew: rounds of one load part by less than two processes do."""


def test_memory(
    bench_session: BenchSession,
    host_baseline: int | None,
    loading: Callable[[], Model],
    prompt: Tokens,
    workload: Workload,
    note: Note,
) -> None:
    memory.release_at_once()
    gpu = gpus.find(bench_session.settings.device)
    peaks = []
    for _ in range(ROUNDS):
        with closing(loading()) as model:
            step = partial(model.generate, prompt, workload.new_tokens)
            step()
            model.device_peak()  # what came before is not of interest here
            memory.give_back()
            peaks.append(memory.host_peak_of(step))
            # before device_peak, which gives back what the driver still counts for the allocator
            driver = (gpu.own_bytes(), gpu.used_bytes()) if gpu else (None, None)
            held = model.device_peak()
    note.resident(memory.peak_host_absolute, memory.above(0, peaks))
    note.resident(memory.peak_host, memory.above(host_baseline, peaks))
    note.exact(memory.nvml_process, driver[0])
    note.exact(memory.nvml_device, driver[1])
    note.exact(memory.peak_allocated, held.get("allocated"))
    note.exact(memory.peak_reserved, held.get("reserved"))
