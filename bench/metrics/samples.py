"""How alike the texts are that a variant and the teacher write from the same prompts."""

from bench.metric import Metric

equal_tokens = Metric(
    name="equal_tokens",
    unit="1",
    better="higher",
    kind="exact",
    summary="share of places with the teacher's token in greedy texts",
)

first_difference = Metric(
    name="first_difference",
    unit="1",
    better="higher",
    kind="exact",
    summary="tokens before the first that is not the teacher's, median of greedy texts; "
    "a text that never parts counts all its tokens",
)

equal_tokens_sampled = Metric(
    name="equal_tokens_sampled",
    unit="1",
    better="higher",
    kind="exact",
    summary="the same share in sampled texts, both drawn by the same seeded numbers",
)

first_difference_sampled = Metric(
    name="first_difference_sampled",
    unit="1",
    better="higher",
    kind="exact",
    summary="the same count in sampled texts",
)
