"""How far apart a variant's scores are that should be the same."""

from bench.metric import Metric

cache_gap = Metric(
    name="cache_gap",
    unit="1",
    better="lower",
    kind="exact",
    summary="largest difference of a score, decoded with the cache and in one uncached forward",
)

batch_gap = Metric(
    name="batch_gap",
    unit="1",
    better="lower",
    kind="exact",
    summary="largest difference of a score, of a row in a batch and of the row alone",
)
