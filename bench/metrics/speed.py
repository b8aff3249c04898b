"""How long a step takes, and how many tokens that makes a second."""

from __future__ import annotations

from collections.abc import Sequence

from bench.metric import Metric, Timed

first_token = Metric(
    name="first_token",
    unit="s",
    better="lower",
    kind="timing",
    summary="wall time from the prompt to its first new token, whole batch",
)

latency = Metric(
    name="latency",
    unit="s",
    better="lower",
    kind="timing",
    summary="wall time of one batch, prompt and new tokens",
)


def _after_the_first(timed: Timed) -> Sequence[float] | None:
    """Tokens of all rows after the first, over the time from the first tick to the last.

    From ticks at each step, not by subtracting a prefill measured elsewhere, which can turn
    negative.
    """
    steps = [round_ for round_ in timed.ticks if len(round_) > 1]
    if not steps or len(steps) != len(timed.ticks):
        return None
    rows = timed.workload.batch
    return [rows * (len(ticks) - 1) / (ticks[-1] - ticks[0]) for ticks in steps]


decode_rate = Metric(
    name="decode_rate",
    unit="tok/s",
    better="higher",
    kind="timing",
    summary="new tokens a second after the first, all rows, from the time of each step",
    derive=_after_the_first,
)

ready = Metric(
    name="ready",
    unit="s",
    better="lower",
    kind="timing",
    summary="wall time from the folder to a model that answers; imports not counted",
)
