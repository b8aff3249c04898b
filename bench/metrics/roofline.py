"""How much of what the machine can do at most a step makes use of."""

from bench.metric import Metric

bandwidth_share = Metric(
    name="bandwidth_share",
    unit="1",
    better="higher",
    kind="timing",
    summary="bytes of weights and cache that a step must read, over its time and the bandwidth",
)

flops_share = Metric(
    name="flops_share",
    unit="1",
    better="higher",
    kind="timing",
    summary="operations that a prompt needs, over its time and the machine's matmul rate",
)
