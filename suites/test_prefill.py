"""How long a variant takes to its first token."""

from bench import Grid, Measure, Model, Tokens
from bench.metrics.speed import first_token, prefill_rate, prompt_rates
from bench.metrics.tails import FIRST_TOKEN_TAILS
from bench.roofline import Roofline
from bench.tails import note_tails

GRID = Grid(batch=(1, 4), prompt=(32, 128))


def test_prefill(model: Model, prompt: Tokens, measure: Measure, roofline: Roofline) -> None:
    tokens = measure(lambda: model.first_token(prompt), first_token)
    assert [len(row) for row in tokens] == [1] * len(prompt)
    measure.samples(prefill_rate, prompt_rates(measure.timed), measure.cut)
    roofline.prefill(model, measure)
    note_tails(measure, FIRST_TOKEN_TAILS)
