"""How long a variant takes from nothing: a fresh process for every sample."""

from pathlib import Path
from statistics import median

import pytest

from bench import Grid, Note, Tokens, Variant, Workload
from bench.fresh import Fresh
from bench.manifest import Manifest
from bench.metrics.cold import (
    cold_ready,
    cold_start,
    first_call,
    load_time,
    make_time,
    warm_call,
)

pytestmark = [pytest.mark.isolated, pytest.mark.on_request]
GRID = Grid(batch=(1,), prompt=(32,))
STARTS = 6


def test_cold(
    fresh: Fresh, variant: Variant, folder: Path, prompt: Tokens, workload: Workload, note: Note
) -> None:
    starts = [fresh.cold(prompt) for _ in range(STARTS)]
    note.fact("processes", STARTS)  # each sample is of a process of its own
    note.samples(cold_start, [one.start for one in starts])
    note.samples(cold_ready, [one.load + one.first_call for one in starts])
    note.samples(load_time, [one.load for one in starts])
    note.samples(first_call, [one.first_call for one in starts])
    note.samples(warm_call, [median(one.warm_calls) for one in starts])
    manifest = Manifest.read(folder) if variant.make else None  # else the folder is its base's
    seconds = manifest.seconds if manifest else None
    note.samples(make_time, [] if seconds is None else [seconds])
