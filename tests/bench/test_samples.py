"""Texts side by side: where they part, and what drawing from a distribution gives."""

from __future__ import annotations

from collections import Counter
from random import Random

import numpy as np
import pytest

from bench.samples import PROMPT_TOKENS, PROMPTS, TEMPERATURE, Side, draw, prompts


@pytest.mark.parametrize(
    ("one", "other", "parting", "together", "equal"),
    [
        ((1, 2, 3, 4), (1, 2, 3, 4), None, 4, 1.0),
        ((1, 2, 3, 4), (1, 9, 3, 4), 1, 1, 0.75),
        ((1, 2, 3, 4), (4, 3, 2, 1), 0, 0, 0.0),
    ],
)
def test_where_two_texts_part(
    one: tuple[int, ...], other: tuple[int, ...], parting: int | None, together: int, equal: float
) -> None:
    pair = Side((), one, other)
    assert (pair.parting, pair.together, pair.equal) == (parting, together, equal)


def test_prompts_are_decided_by_the_seed() -> None:
    tokens = list(range(1000))
    assert prompts(tokens, 1) == prompts(tokens, 1) != prompts(tokens, 2)
    for found in prompts(tokens, 1):
        assert found == list(range(found[0], found[0] + PROMPT_TOKENS))
    assert prompts([1, 2], 1) == [[1, 2]] * PROMPTS


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    wanted = np.array([0.5, 0.3, 0.0, 0.2])
    with np.errstate(divide="ignore"):
        scores = (np.log(wanted) * TEMPERATURE).astype(np.float32)
    dice = Random(3)
    counts = Counter(draw(scores, dice.random()) for _ in range(20_000))
    shares = [counts[token] / 20_000 for token in range(4)]
    assert shares == pytest.approx(wanted, abs=0.015)
    assert counts[2] == 0


def test_both_ends_of_the_distribution() -> None:
    scores = np.zeros(5, dtype=np.float32)
    assert [draw(scores, place) for place in (0.0, 0.1999, 0.2001, 0.999999)] == [0, 0, 1, 4]
    assert draw(scores, 1.0) == 4
