"""Parts of one generation, cut where the first scores are ready, as optimum-benchmark cuts it."""

from __future__ import annotations

from collections.abc import Sequence

from bench.metric import Metric, Timed


def _until_first(timed: Timed) -> Sequence[float] | None:
    return [ticks[0] for ticks in timed.ticks if ticks] or None


def _after_first(timed: Timed) -> Sequence[float] | None:
    rounds = zip(timed.seconds, timed.ticks, strict=True)
    return [seconds - ticks[0] for seconds, ticks in rounds if len(ticks) > 1] or None


prefill_within = Metric(
    name="prefill_within",
    unit="s",
    better="lower",
    kind="timing",
    summary="seconds of a generation until its first tick",
    derive=_until_first,
)

decode_within = Metric(
    name="decode_within",
    unit="s",
    better="lower",
    kind="timing",
    summary="seconds of a generation after its first tick",
    derive=_after_first,
)
