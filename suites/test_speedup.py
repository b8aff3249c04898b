"""How often as fast as the teacher a variant is, the two in turns in one process."""

from bench import Duel, Grid, Model, Tokens, Workload
from bench.speculation import note_break_even

GRID = Grid(batch=(1,), prompt=(32,), new=(16,))


def test_speedup(
    model: Model, reference: Model, prompt: Tokens, workload: Workload, duel: Duel
) -> None:
    duel(
        lambda: reference.generate(prompt, workload.new_tokens, duel.tick),
        lambda: model.generate(prompt, workload.new_tokens, duel.tick),
    )
    note_break_even(model, duel)
