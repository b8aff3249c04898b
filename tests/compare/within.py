"""One generation, timed as a whole; its parts come from its ticks."""

from bench import Grid, Measure, Model, Tokens, Workload
from bench.metrics.speed import latency

GRID = Grid(batch=(1, 4), prompt=(32, 128), new=(16,))


def test_within(model: Model, prompt: Tokens, workload: Workload, measure: Measure) -> None:
    tokens = measure(lambda: model.generate(prompt, workload.new_tokens, measure.tick), latency)
    assert [len(row) for row in tokens] == [workload.new_tokens] * len(prompt)
