"""The slow rounds: quantiles of a step's time, where there are rounds enough to say."""

from __future__ import annotations

from bench.metric import Metric


def _quantile(name: str, percent: int, what: str) -> Metric:
    return Metric(
        name=f"{name}_p{percent}",
        unit="s",
        better="lower",
        kind="tail",
        summary=f"{what} that {percent} % of all rounds keep, of rounds as they came",
    )


LATENCY = "wall time of one batch, prompt and new tokens,"
FIRST = "wall time from the prompt to its first new token"
latency_p50 = _quantile("latency", 50, LATENCY)
latency_p90 = _quantile("latency", 90, LATENCY)
latency_p99 = _quantile("latency", 99, LATENCY)
first_token_p50 = _quantile("first_token", 50, FIRST)
first_token_p90 = _quantile("first_token", 90, FIRST)
first_token_p99 = _quantile("first_token", 99, FIRST)

LATENCY_TAILS = {50: latency_p50, 90: latency_p90, 99: latency_p99}
FIRST_TOKEN_TAILS = {50: first_token_p50, 90: first_token_p90, 99: first_token_p99}
