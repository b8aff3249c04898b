"""How long a variant takes for a text of the length that published tables have: 250 tokens."""

import pytest

from bench import Grid, Measure, Model, Tokens, Workload
from bench.compilation import note_compilation
from bench.metrics.speed import generation_rate, generation_time, new_rates
from bench.speculation import note_speculation

pytestmark = pytest.mark.on_request
GRID = Grid(batch=(1,), prompt=(32,), new=(250,))


def test_generation(model: Model, prompt: Tokens, workload: Workload, measure: Measure) -> None:
    count = workload.new_tokens
    tokens = measure(lambda: model.generate(prompt, count, measure.tick), generation_time)
    assert [len(row) for row in tokens] == [count] * len(prompt)
    note_speculation(model, measure)
    note_compilation(model, measure)
    measure.samples(generation_rate, new_rates(measure.timed), measure.cut)
