"""How long a variant takes to its first token."""

from bench import Grid, Measure, Model, Tokens
from bench.metrics.speed import first_token

GRID = Grid(batch=(1, 4), prompt=(32, 128))


def test_prefill(model: Model, prompt: Tokens, measure: Measure) -> None:
    tokens = measure(lambda: model.first_token(prompt), first_token)
    assert [len(row) for row in tokens] == [1] * len(prompt)
