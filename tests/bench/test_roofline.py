"""Shares of the machine's limits, against figures worked out by hand for GPT-2-small."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.cell import Cell
from bench.measure import Measure
from bench.metric import Timed
from bench.roofline import (
    Roofline,
    Work,
    cache_bytes,
    mean_positions,
    prefill_flops,
    step_bytes,
)
from bench.sampling import Plan
from bench.workload import Workload

# 12 layers, 12 heads of 64, width 768, 50,257 tokens, 1,024 positions; the head is tied.
BODY = 12 * (768 * 2304 + 768 * 768 + 768 * 3072 + 3072 * 768)
HEAD = 50257 * 768
GPT2 = Work(
    computed_in="float32",
    table_bytes=1024 * 768 * 4,  # the positions' table; the tokens' one is the output layer
    body=BODY,
    head=HEAD,
    last_only=True,
    layers=12,
    heads=12,
    kv_heads=12,
    head_size=64,
    cache_item=4,
)
WEIGHTS = 124_439_808 * 4
"""GPT-2-small's parameters, tied ones once, in float32."""


def test_gpt2_small_by_hand() -> None:
    assert (BODY, HEAD) == (84_934_656, 38_597_376)
    assert cache_bytes(GPT2, 1, 1) == 73_728  # 2 x 12 x 768 x 4
    assert cache_bytes(GPT2, 4, 40) == 4 * 40 * 73_728
    # 497,759,232 bytes of weights, less 3,145,728 of positions, plus 40 positions in the cache.
    assert step_bytes(GPT2, WEIGHTS, 1, 40) == 494_613_504 + 2_949_120


def test_a_prompt_of_gpt2_small_by_hand() -> None:
    """32 tokens: 2 x 84.9 M x 32 and one row of logits, and 528 causal pairs a head and layer."""
    matmuls = 2 * 84_934_656 * 32 + 2 * 38_597_376
    attention = 12 * 12 * 528 * (2 * 64 + 2 * 64)
    assert prefill_flops(GPT2, 1, 32) == matmuls + attention == 5_532_476_928
    assert prefill_flops(GPT2, 4, 32) == 4 * 5_532_476_928
    every = replace(GPT2, last_only=False)
    assert prefill_flops(every, 1, 32) - prefill_flops(GPT2, 1, 32) == 31 * 2 * HEAD


def test_grouped_keys_are_read_once() -> None:
    assert cache_bytes(replace(GPT2, kv_heads=3), 1, 1) == 73_728 / 4
    assert cache_bytes(replace(GPT2, cache_item=2), 1, 1) == 73_728 / 2


def timed(load: Workload, ticks: int, step: float = 0.1) -> Timed:
    since = tuple(1.0 + step * at for at in range(ticks))
    return Timed(workload=load, seconds=(2.0, 4.0), ticks=(since, since))


def test_positions_are_the_mean_over_the_steps_after_the_first() -> None:
    """Prompt 8, 4 new tokens: the steps find 9, 10 and 11 positions."""
    assert mean_positions(timed(Workload(1, 8, 4), 4)) == (9 + 10 + 11) / 3
    assert mean_positions(timed(Workload(1, 8, 1), 1)) is None
    assert mean_positions(timed(Workload(1, 8, 0), 0)) is None
    assert mean_positions(Timed(workload=Workload(1, 8), seconds=(), ticks=())) is None


class Shown:
    """A model that says what its work is, and nothing else."""

    def __init__(self, work: Work | None) -> None:
        self._work = work

    def work(self) -> Work | None:
        return self._work

    def weight_bytes(self) -> dict[str, int]:
        return {"float32": WEIGHTS}


def limits(bandwidth: float, rate: float) -> dict[str, Any]:
    return {"read_bandwidth": {"limit": bandwidth}, "matmul": {"float32": {"limit": rate}}}


def cell(found: Timed) -> tuple[Cell, Measure]:
    made = Cell("decode", "teacher", found.workload)
    measure = Measure(made, None, Plan())
    measure.timed = found
    return made, measure


def test_the_share_of_the_bandwidth() -> None:
    """16 steps of 0.1 s that each read 497,562,624 bytes, where 10 GB/s could be read."""
    found, measure = cell(timed(Workload(1, 32, 16), 16))
    Roofline(limits(10e9, 1e12)).decode(Shown(GPT2), measure)  # type: ignore[arg-type]
    value = found.values["bandwidth_share"]
    assert value.samples == pytest.approx([0.497562624] * 2)
    assert (value.unit, found.warnings) == ("1", [])
    assert found.facts["roofline"]["bytes_per_step"] == 497_562_624


def test_the_share_of_the_rate() -> None:
    found, measure = cell(timed(Workload(1, 32), 0))
    Roofline(limits(10e9, 5_532_476_928)).prefill(Shown(GPT2), measure)  # type: ignore[arg-type]
    assert found.values["flops_share"].samples == (0.5, 0.25)
    assert found.facts["roofline"]["dtype"] == "float32"


def test_a_share_above_one_is_kept_and_warned_of() -> None:
    found, measure = cell(timed(Workload(1, 32, 16), 16))
    Roofline(limits(1e9, 1e9)).decode(Shown(GPT2), measure)  # type: ignore[arg-type]
    assert found.values["bandwidth_share"].value == pytest.approx(4.97562624)
    assert "above 1" in found.warnings[0]
    assert "497.6 MB" in found.warnings[0]
    assert "measured from memory" in found.warnings[0]
    found, measure = cell(timed(Workload(1, 32), 0))
    Roofline(limits(1e9, 1e9)).prefill(Shown(GPT2), measure)  # type: ignore[arg-type]
    assert "flops_share is above 1" in found.warnings[0]


@pytest.mark.parametrize(
    ("known", "work", "ticks"),
    [
        (None, GPT2, 16),
        ({"read_bandwidth": None, "matmul": {}}, GPT2, 16),
        (limits(0, 0), GPT2, 16),
        (limits(1e9, 1e9), None, 16),
        (limits(1e9, 1e9), replace(GPT2, computed_in="int8"), 0),
    ],
)
def test_what_is_not_known_is_unavailable_never_zero(
    known: dict[str, Any] | None, work: Work | None, ticks: int
) -> None:
    found, measure = cell(timed(Workload(1, 32, 16), ticks))
    Roofline(known).decode(Shown(work), measure)  # type: ignore[arg-type]
    Roofline(known).prefill(Shown(work), measure)  # type: ignore[arg-type]
    assert [found.values[name].value for name in ("bandwidth_share", "flops_share")] == [None] * 2
    assert found.facts["roofline"]["unavailable"]


def test_a_model_that_says_nothing_of_its_work() -> None:
    found, measure = cell(timed(Workload(1, 32, 16), 16))
    Roofline(limits(1e9, 1e9)).decode(object(), measure)  # type: ignore[arg-type]
    assert found.values["bandwidth_share"].value is None
