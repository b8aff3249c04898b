"""Points of the grid: their names, their prompts, and how they are crossed."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from bench.workload import Grid, Workload

sizes = st.integers(1, 40)
loads = st.builds(Workload, sizes, sizes, st.integers(0, 40))


def test_its_name_is_the_test_id() -> None:
    assert str(Workload(8, 128, 32)) == "b8-p128-n32"
    assert str(Workload(1, 32)) == "b1-p32"


def test_the_first_token_needs_a_position_too() -> None:
    assert Workload(4, 128, 16).length == 144
    assert Workload(4, 128).length == 128  # the token that comes of it is never read


@given(load=loads, seed=st.integers(0, 9))
def test_a_prompt_is_cut_from_the_text_and_repeats(load: Workload, seed: int) -> None:
    text = list(range(100, 200))
    prompt = load.prompt(text, seed)
    assert prompt == Workload(load.batch, load.prompt_tokens, load.new_tokens).prompt(text, seed)
    assert len(prompt) == load.batch
    for row in prompt:
        assert row == list(range(row[0], row[0] + load.prompt_tokens))
        assert 100 <= row[0] <= row[-1] < 200


def test_prompts_differ_by_seed_and_by_workload() -> None:
    text = list(range(10_000))
    seen = [Workload(1, 32, 16).prompt(text, seed) for seed in range(5)]
    seen += [Workload(1, 32, 8).prompt(text), Workload(2, 32, 16).prompt(text)[:1]]
    assert len({tuple(rows[0]) for rows in seen}) == len(seen)


def test_a_prompt_as_long_as_the_text() -> None:
    assert Workload(2, 5).prompt([1, 2, 3, 4, 5]) == [[1, 2, 3, 4, 5]] * 2


@given(st.lists(sizes, min_size=1), st.lists(sizes, min_size=1), st.lists(sizes))
def test_axes_are_fully_crossed(batch: list[int], prompt: list[int], new: list[int]) -> None:
    grid = Grid(batch=tuple(batch), prompt=tuple(prompt), new=tuple(new))
    expected = {(b, p, n) for b, p, n in product(batch, prompt, new or [0])}
    found = {(w.batch, w.prompt_tokens, w.new_tokens) for w in grid.workloads()}
    assert found == expected
