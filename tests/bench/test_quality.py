"""The loss, against a model that can be worked out by hand and against the published loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.model import Tokens
from bench.quality import negative_log_likelihood, window_losses, windows


@st.composite
def shapes(draw: st.DrawFn) -> tuple[int, int, int]:
    """Tokens, window and stride as Settings allows them."""
    length = draw(st.integers(2, 40))
    return draw(st.integers(2, 200)), length, draw(st.integers(1, length - 1))


@given(shapes())
def test_every_token_but_the_first_is_scored_once(shape: tuple[int, int, int]) -> None:
    tokens, length, stride = shape
    counts: Counter[int] = Counter()
    for window in windows(tokens, length, stride):
        assert 0 <= window.start < window.end <= tokens
        assert window.end - window.start <= length
        assert 1 <= window.scored < window.end - window.start + (window.start > 0)
        counts.update(range(window.end - window.scored, window.end))
    assert counts == Counter(range(1, tokens))


@given(shapes())
def test_every_scored_token_has_something_before_it(shape: tuple[int, int, int]) -> None:
    tokens, length, stride = shape
    for window in windows(tokens, length, stride):
        context = window.end - window.scored - window.start
        assert context >= 1
        if window.start:
            assert context >= min(length - stride, tokens - stride)


def test_by_hand() -> None:
    found = [(w.start, w.end, w.scored) for w in windows(10, 6, 3)]
    assert found == [(0, 6, 5), (3, 9, 3), (6, 10, 1)]


def test_one_window_where_the_text_is_no_longer() -> None:
    assert [(w.start, w.end, w.scored) for w in windows(6, 6, 3)] == [(0, 6, 5)]


class Bigram:
    """Scores that depend on the last token alone: the sum of the losses is then known."""

    def __init__(self, vocabulary: int) -> None:
        dice = np.random.default_rng(3)
        self.scores = dice.normal(size=(vocabulary, vocabulary)).astype(np.float32)
        self.rows: list[int] = []

    def logits(self, tokens: Tokens) -> np.ndarray[Any, Any]:
        self.rows.append(len(tokens))
        return self.scores[np.array(tokens)]

    def loss(self, tokens: Sequence[int]) -> float:
        """The mean over all transitions, token by token."""
        total = 0.0
        for before, after in pairwise(tokens):
            row = self.scores[before].astype(np.float64)
            total += np.log(sum(np.exp(score) for score in row)) - row[after]
        return total / (len(tokens) - 1)


@pytest.mark.parametrize(("length", "stride"), [(8, 4), (8, 7), (10, 3), (64, 32), (2, 1)])
def test_the_token_mean_does_not_depend_on_the_windows(length: int, stride: int) -> None:
    model = Bigram(11)
    tokens = np.random.default_rng(4).integers(0, 11, 50).tolist()
    losses, sizes = zip(*window_losses(model, tokens, length, stride), strict=True)  # type: ignore[arg-type]
    assert sum(sizes) == 49
    assert np.average(losses, weights=sizes) == pytest.approx(model.loss(tokens), rel=1e-12)
    assert set(model.rows) == {1}


def test_the_sums_are_in_float64() -> None:
    """Half a million equal scores: each token costs log n, which float32 sums miss."""
    n = 500_000
    scores = np.full((2, n), 80, dtype=np.float32)
    assert negative_log_likelihood(scores, [0, 1]) == pytest.approx(np.log(n), rel=1e-13)


def test_scores_far_apart_neither_overflow_nor_vanish() -> None:
    scores = np.array([[1e4, -1e4], [0.0, 0.0]], dtype=np.float32)
    assert negative_log_likelihood(scores, [1, 0]) == pytest.approx((2e4 + np.log(2)) / 2)


@pytest.mark.slow
def test_it_agrees_with_the_published_loop() -> None:
    """huggingface.co/docs/transformers/perplexity, its last average weighted by its counts."""
    torch = pytest.importorskip("torch")
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = GPT2Config(n_layer=1, n_head=2, n_embd=16, vocab_size=53, n_positions=24)
    model = GPT2LMHeadModel(config).eval()
    ids = torch.randint(53, (1, 61), generator=torch.Generator().manual_seed(1))
    total, count, previous = 0.0, 0, 0
    for begin in range(0, 61, 7):
        end = min(begin + 24, 61)
        target = ids[:, begin:end].clone()
        target[:, : -(end - previous)] = -100
        with torch.no_grad():
            loss = model(ids[:, begin:end], labels=target).loss
        valid = int((target != -100).sum()) - (1 if begin == 0 else 0)
        total, count, previous = total + float(loss) * valid, count + valid, end
        if end == 61:
            break

    class Ours:
        def logits(self, tokens: Tokens) -> np.ndarray[Any, Any]:
            with torch.no_grad():
                scores: np.ndarray[Any, Any] = model(torch.tensor(tokens)).logits.numpy()
            return scores

    found = list(window_losses(Ours(), ids[0].tolist(), 24, 7))  # type: ignore[arg-type]
    mean = sum(loss * n for loss, n in found) / sum(n for _, n in found)
    assert count == sum(n for _, n in found) == 60
    assert mean == pytest.approx(total / count, rel=1e-5)
