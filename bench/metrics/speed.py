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


def _per_token(timed: Timed) -> list[float] | None:
    """Per round: the mean time of a step after the first; None where a round did not tick twice.

    From ticks at each step, not by subtracting a prefill measured elsewhere, which can turn
    negative.
    """
    if not timed.ticks or any(len(ticks) < 2 for ticks in timed.ticks):
        return None
    return [(ticks[-1] - ticks[0]) / (len(ticks) - 1) for ticks in timed.ticks]


def _of_all_rows(timed: Timed) -> Sequence[float] | None:
    seconds = _per_token(timed)
    return [timed.workload.batch / step for step in seconds] if seconds else None


def _of_one_row(timed: Timed) -> Sequence[float] | None:
    seconds = _per_token(timed)
    return [1 / step for step in seconds] if seconds else None


def prompt_rates(timed: Timed) -> list[float]:
    """Prompt tokens of all rows a second, where the timed step is a prefill: one per round."""
    tokens = timed.workload.batch * timed.workload.prompt_tokens
    return [tokens / seconds for seconds in timed.seconds]


def new_rates(timed: Timed) -> list[float]:
    """New tokens of all rows a second of the whole step, its prompt's pass included."""
    tokens = timed.workload.batch * timed.workload.new_tokens
    return [tokens / seconds for seconds in timed.seconds]


time_per_token = Metric(
    name="time_per_token",
    unit="s",
    better="lower",
    kind="timing",
    summary="time of one more token after the first, whole batch, from the time of each step",
    derive=_per_token,
)

decode_rate = Metric(
    name="decode_rate",
    unit="tok/s",
    better="higher",
    kind="timing",
    summary="new tokens a second after the first, all rows, from the time of each step",
    derive=_of_all_rows,
)

decode_rate_per_user = Metric(
    name="decode_rate_per_user",
    unit="tok/s",
    better="higher",
    kind="timing",
    summary="new tokens a second after the first, of one row of the batch",
    derive=_of_one_row,
)

prefill_rate = Metric(
    name="prefill_rate",
    unit="tok/s",
    better="higher",
    kind="timing",
    summary="prompt tokens a second until the first new token, all rows",
)

generation_time = Metric(
    name="generation_time",
    unit="s",
    better="lower",
    kind="timing",
    summary="wall time of a text of the stated length, its prompt included",
)

generation_rate = Metric(
    name="generation_rate",
    unit="tok/s",
    better="higher",
    kind="timing",
    summary="new tokens over that whole time, all rows",
)

ready = Metric(
    name="ready",
    unit="s",
    better="lower",
    kind="timing",
    summary="wall time from the folder to a model that answers; imports not counted",
)
