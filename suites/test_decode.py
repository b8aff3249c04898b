"""How fast a variant writes."""

from bench import Grid, Measure, Model, Tokens, Workload
from bench.compilation import note_compilation
from bench.metrics.speed import latency
from bench.metrics.tails import LATENCY_TAILS
from bench.roofline import Roofline
from bench.speculation import note_speculation
from bench.tails import note_tails

GRID = Grid(batch=(1, 4), prompt=(32,), new=(16,))


def test_decode(
    model: Model, prompt: Tokens, workload: Workload, measure: Measure, roofline: Roofline
) -> None:
    tokens = measure(lambda: model.generate(prompt, workload.new_tokens, measure.tick), latency)
    assert [len(row) for row in tokens] == [workload.new_tokens] * len(prompt)
    roofline.decode(model, measure)
    note_speculation(model, measure)
    note_compilation(model, measure)
    note_tails(measure, LATENCY_TAILS)
