"""How much work fits into a given memory."""

from bench.metric import Metric

largest_batch = Metric(
    name="largest_batch",
    unit="1",
    better="higher",
    kind="exact",
    summary="rows that a fresh process can write at once within the memory budget",
)

longest_prompt = Metric(
    name="longest_prompt",
    unit="1",
    better="higher",
    kind="exact",
    summary="tokens of the longest prompt that it can take within the memory budget",
)
