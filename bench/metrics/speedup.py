"""How often as fast as the teacher, both in one process and in turns."""

from bench.metric import Metric

first_token_speedup = Metric(
    name="first_token_speedup",
    unit="1",
    better="higher",
    kind="timing",
    summary="the teacher's time to the first token over this variant's, paired in ABBA blocks",
)

decode_speedup = Metric(
    name="decode_speedup",
    unit="1",
    better="higher",
    kind="timing",
    summary="the teacher's time for the tokens after the first over this variant's, paired",
)

latency_speedup = Metric(
    name="latency_speedup",
    unit="1",
    better="higher",
    kind="timing",
    summary="the teacher's time for prompt and new tokens over this variant's, paired",
)
