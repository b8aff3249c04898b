"""What decoding by drafts yields, and what it would have to yield."""

from bench.metric import Metric

acceptance_rate = Metric(
    name="acceptance_rate",
    unit="1",
    better="higher",
    kind="exact",
    summary="share of the drafted tokens that the model itself would have written",
)

tokens_per_step = Metric(
    name="tokens_per_step",
    unit="1",
    better="higher",
    kind="exact",
    summary="tokens a forward of the model yields on the mean, drafts that held included",
)

break_even = Metric(
    name="break_even",
    unit="1",
    better="lower",
    kind="timing",
    summary="tokens that a step must yield to be as fast as the teacher: its paired cost",
)
