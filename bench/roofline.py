"""The share of the machine's own limits that a cell reaches: bytes read, and operations done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol, runtime_checkable

from bench.measure import Measure
from bench.metric import Metric, Timed
from bench.metrics.roofline import bandwidth_share, flops_share
from bench.model import Model


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a forward asks of the machine, whoever runs it."""

    computed_in: str
    """The dtype that the matmuls multiply: float32, bfloat16, float16 or int8."""
    table_bytes: int
    """Of tables of which a token reads one row, so not of one that the output layer reads too."""
    body: int
    """Numbers in the matrices that every token is multiplied by, the output layer apart."""
    head: int
    """Numbers in the output layer's matrix."""
    last_only: bool
    """Whether a prompt's last token alone goes through the output layer."""
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    cache_item: int
    """Bytes of one number in the cache."""


@runtime_checkable
class Worker(Protocol):
    """A Model that can say what its work is; others have no share."""

    def work(self) -> Work | None:
        """Its work; None where these formulas do not hold for its architecture."""
        ...


def cache_bytes(work: Work, batch: int, positions: float) -> float:
    """Bytes of keys and values of `positions` tokens in `batch` rows.

    2 (keys, values) x layers x kv heads x head size x bytes a number x rows x positions.
    GPT-2-small in float32: 73,728 bytes a position.
    """
    numbers = 2 * work.layers * work.kv_heads * work.head_size
    return numbers * work.cache_item * batch * positions


def step_bytes(work: Work, weights: int, batch: int, positions: float) -> float:
    """The least bytes that one decode step has to read.

    `weights` are the bytes in memory (`Model.weight_bytes`), tied ones counted once; look-up
    tables are left out, as a token reads one row of them. The cache is read once, with
    `positions` in it, the current token's included. Activations are not counted.
    """
    return weights - work.table_bytes + cache_bytes(work, batch, positions)


def prefill_flops(work: Work, batch: int, prompt: int) -> float:
    """Operations that `batch` prompts of `prompt` tokens need; a multiply-add is two.

    2 x numbers in matmuls x tokens, the output layer only for the tokens that go through it,
    plus attention: queries x keys and weights x values, 2 operations each per number, over the
    causal half: prompt x (prompt + 1) / 2 pairs in each head of each layer.
    """
    scored = batch if work.last_only else batch * prompt
    matmuls = 2.0 * work.body * batch * prompt + 2.0 * work.head * scored
    pairs = prompt * (prompt + 1) / 2
    return matmuls + 4.0 * work.layers * work.heads * work.head_size * pairs * batch


def mean_positions(timed: Timed) -> float | None:
    """Positions that a step after the first finds in the cache on the mean, its own included.

    With n tokens written, steps 1 to n - 1 find prompt + 1 to prompt + n - 1 of them.
    """
    written = {len(ticks) for ticks in timed.ticks}
    if len(written) != 1 or (count := written.pop()) < 2:
        return None
    return timed.workload.prompt_tokens + count / 2


def step_seconds(timed: Timed) -> list[float]:
    """Per round: the mean time of a step after the first, from the ticks."""
    return [(ticks[-1] - ticks[0]) / (len(ticks) - 1) for ticks in timed.ticks]


@dataclass(frozen=True)
class Roofline:
    """Sets what was timed against the machine's limits; what it cannot know is unavailable."""

    limits: Mapping[str, Any] | None

    def decode(self, model: Model, measure: Measure) -> None:
        """Put `bandwidth_share` of the step that was just timed into the cell."""
        work, timed = _work(model), measure.timed
        positions, peak = mean_positions(timed), self._limit("read_bandwidth")
        if work is None or positions is None or peak is None:
            _unavailable(measure, bandwidth_share, _why(work, peak, "no time of each step"))
            return
        weights = sum(model.weight_bytes().values())
        needed = step_bytes(work, weights, timed.workload.batch, positions)
        shares = [needed / seconds / peak for seconds in step_seconds(timed)]
        measure.fact("roofline", {"bytes_per_step": needed, "read_bandwidth": peak})
        why = (
            f"the bandwidth was measured from memory, and the {needed / 1e6:.1f} MB that a step "
            "reads may stay in the processor's caches"
        )
        _put(measure, bandwidth_share, shares, why)

    def prefill(self, model: Model, measure: Measure) -> None:
        """Put `flops_share` of the prompt that was just timed into the cell."""
        work, timed = _work(model), measure.timed
        rate = self._limit("matmul", work.computed_in) if work else None
        if work is None or rate is None:
            dtype = work.computed_in if work else ""
            _unavailable(measure, flops_share, _why(work, rate, f"no rate of {dtype}"))
            return
        load = timed.workload
        needed = prefill_flops(work, load.batch, load.prompt_tokens)
        shares = [needed / seconds / rate for seconds in timed.seconds]
        seen = {"flops": needed, "flops_per_second": rate, "dtype": work.computed_in}
        measure.fact("roofline", seen)
        why = "the rate of a large matmul was measured lower, so the machine was not free then"
        _put(measure, flops_share, shares, why)

    def _limit(self, *path: str) -> float | None:
        found: Any = self.limits
        for key in (*path, "limit"):
            found = found.get(key) if isinstance(found, Mapping) else None
        return found if isinstance(found, (int, float)) and found > 0 else None


def _work(model: Model) -> Work | None:
    return model.work() if isinstance(model, Worker) else None


def _why(work: Work | None, limit: float | None, other: str) -> str:
    if work is None:
        return "the runtime does not say what this model's work is"
    return "the machine's limit was not measured" if limit is None else other


def _unavailable(measure: Measure, metric: Metric, why: str) -> None:
    measure.samples(metric, [])
    measure.fact("roofline", {"unavailable": why})


def _put(measure: Measure, metric: Metric, shares: Sequence[float], why: str) -> None:
    measure.samples(metric, shares, measure.cut)
    if median(shares) > 1:
        measure.warn(f"{metric.name} is above 1: {why}")
