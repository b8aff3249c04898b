"""The largest batch and the longest prompt that fit into a memory budget (`--memory`)."""

import pytest

from bench import Grid, Metric, Note, Workload
from bench.fresh import Fresh
from bench.frontier import MOST, Frontier
from bench.metrics.fit import largest_batch, longest_prompt

pytestmark = [pytest.mark.isolated, pytest.mark.on_request]
GRID = Grid(batch=(1,), prompt=(32,), new=(16,))


def test_fit(fresh: Fresh, workload: Workload, memory_budget: int, note: Note) -> None:
    batch, prompt, new = workload.batch, workload.prompt_tokens, workload.new_tokens
    top = min(MOST, fresh.positions - new)
    budget = memory_budget
    rows = Frontier(lambda n: fresh.tried(n, prompt, new, budget), budget, MOST)
    tokens = Frontier(lambda n: fresh.tried(batch, n, new, budget), budget, top)
    put(note, largest_batch, rows, f"memory={budget}-p{prompt}-n{new}")
    put(note, longest_prompt, tokens, f"memory={budget}-b{batch}-n{new}")
    if tokens.low == fresh.positions - new:
        note.warn(f"longest_prompt is limited by the model's {fresh.positions} positions")


def put(note: Note, metric: Metric, frontier: Frontier, recipe: str) -> None:
    """The largest size under a recipe that names the budget, and all sizes that were tried."""
    found = frontier.largest()
    note.fact(f"{metric.name}_tried", frontier.as_json())
    if found is None:
        note.exact(metric, None)
        note.warn(f"{metric.name}: not even 1 fits: {frontier.tried[1].why}")
    else:
        note.estimate(metric, found, None, recipe)
