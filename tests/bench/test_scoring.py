"""Scores and distances, against models that can be worked out by hand and the published loop."""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.errors import Unsupported
from bench.model import Tokens
from bench.recipe import recipes
from bench.scoring import NotFinite, compared, score, token_losses
from bench.streams import Stream
from bench.text import Text


def text_of(
    tokens: Sequence[int], window: int = 8, stride: int = 4, recipe: str = "hf-strided"
) -> Text:
    """A text of these tokens, a byte each."""
    stream = Stream(tokens=tuple(tokens), sizes=(1,) * len(tokens), words=1, bytes=len(tokens))
    way = recipes()[recipe]
    return Text(name="mine", streams=(stream,), way=way, window=window, stride=stride)


class Bigram:
    """Scores that depend on the last token alone: the sum of the losses is then known."""

    def __init__(self, vocabulary: int, seed: int = 3) -> None:
        dice = np.random.default_rng(seed)
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


TOKENS: list[int] = np.random.default_rng(4).integers(0, 11, 50).tolist()


@pytest.mark.parametrize(("length", "stride"), [(8, 4), (8, 7), (10, 3), (64, 32), (2, 1)])
def test_the_token_mean_does_not_depend_on_the_windows(length: int, stride: int) -> None:
    model = Bigram(11)
    seen = list(score(model, text_of(TOKENS, length, stride)))  # type: ignore[arg-type]
    losses = np.concatenate([one.losses for one in seen])
    assert len(losses) == 49
    assert losses.mean() == pytest.approx(model.loss(TOKENS), rel=1e-12)
    assert set(model.rows) == {1}


def test_the_sums_are_in_float64() -> None:
    """Half a million equal scores: each token costs log n, which float32 sums miss."""
    n = 500_000
    scores = np.full((2, n), 80, dtype=np.float32)
    assert token_losses(scores, [0, 1]).mean() == pytest.approx(np.log(n), rel=1e-13)


def test_scores_far_apart_neither_overflow_nor_vanish() -> None:
    scores = np.array([[1e4, -1e4], [0.0, 0.0]], dtype=np.float32)
    assert token_losses(scores, [1, 0]).tolist() == pytest.approx([2e4, np.log(2)])
    _, paired = compared(scores, scores[::-1].copy(), [0, 0])
    assert paired.kl is not None
    assert paired.kl.tolist() == pytest.approx([1e4 - np.log(2), np.log(2)])


def test_kl_by_hand() -> None:
    """KL((1/2, 1/2) || (1/4, 3/4)) = log(2 / sqrt(3)); the other way round is another number."""
    even, skew = np.log([[0.5, 0.5]]), np.log([[0.25, 0.75]])
    losses, paired = compared(skew.astype(np.float32), even.astype(np.float32), [0])
    assert paired.kl is not None
    assert paired.kl[0] == pytest.approx(math.log(2 / math.sqrt(3)), rel=1e-6)
    assert losses[0] == pytest.approx(math.log(4), rel=1e-6)
    assert paired.losses[0] == pytest.approx(math.log(2), rel=1e-6)
    other = compared(even.astype(np.float32), skew.astype(np.float32), [0])[1].kl
    assert other is not None
    assert other[0] == pytest.approx(0.75 * math.log(1.5) - 0.25 * math.log(2), rel=1e-6)


def test_the_same_likeliest_token() -> None:
    one = np.array([[0, 1, 2], [5, 0, 0]], dtype=np.float32)
    other = np.array([[0, 3, 2], [1, 0, 0]], dtype=np.float32)
    same = compared(one, other, [0, 0])[1].same_top
    assert same is not None
    assert same.tolist() == [False, True]


floats = st.floats(-100, 100, width=32)
scores = arrays(np.float32, st.tuples(st.integers(1, 5), st.just(7)), elements=floats)


@given(scores)
def test_kl_of_a_thing_and_itself_is_exactly_nothing(p: np.ndarray[Any, Any]) -> None:
    _, paired = compared(p, p, [0] * len(p))
    assert paired.kl is not None
    assert paired.kl.tolist() == [0.0] * len(p)


@given(scores, st.integers(0, 2**32 - 1), st.sampled_from([1e-6, 1e-3, 1, 30]))
def test_kl_is_not_below_nothing_by_more_than_rounding(
    p: np.ndarray[Any, Any], seed: int, spread: float
) -> None:
    shifts = np.random.default_rng(seed).normal(0, spread, p.shape)
    _, paired = compared(p + shifts.astype(np.float32), p, [0] * len(p))
    assert paired.kl is not None
    assert (paired.kl >= -1e-13).all()


@given(scores, st.floats(-50, 50, width=32))
def test_a_shift_of_all_scores_changes_nothing(p: np.ndarray[Any, Any], shift: float) -> None:
    wide = p.astype(np.float64)
    found = compared((wide + shift).astype(np.float32), p, [0] * len(p))[1].kl
    assert found is not None
    assert np.abs(found).max() < 1e-4


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    p, q = Bigram(11).scores, Bigram(11, seed=5).scores
    targets = list(range(11))
    losses, whole = compared(p, q, targets)
    monkeypatch.setattr("bench.scoring.CHUNK", 25)
    again, parts = compared(p, q, targets)
    assert np.array_equal(losses, again)
    assert np.array_equal(whole.kl, parts.kl)  # type: ignore[arg-type]
    assert np.array_equal(token_losses(p, targets), losses)


class Watched:
    """Counts the score arrays that are alive whenever more are asked for."""

    def __init__(self) -> None:
        self.alive: list[weakref.ref[Any]] = []
        self.most = 0

    def logits(self, tokens: Tokens) -> np.ndarray[Any, Any]:
        fresh = np.zeros((1, len(tokens[0]), 11), dtype=np.float32)
        self.alive = [seen for seen in self.alive if seen() is not None]
        self.alive.append(weakref.ref(fresh))
        self.most = max(self.most, len(self.alive))
        return fresh


def test_no_scores_outlive_their_window() -> None:
    variant, teacher = Watched(), Watched()
    seen = list(score(variant, text_of(TOKENS * 9), teacher))  # type: ignore[arg-type]
    assert len(seen) > 100
    assert (variant.most, teacher.most) == (1, 1)


def test_the_teacher_beside_itself_runs_once() -> None:
    model = Bigram(11)
    seen = list(score(model, text_of(TOKENS), model))  # type: ignore[arg-type]
    assert len(model.rows) == len(seen)
    for one in seen:
        assert one.paired is not None and one.paired.kl is not None
        assert np.array_equal(one.losses, one.paired.losses)
        assert not one.paired.kl.any()
        assert one.paired.same_top is not None and one.paired.same_top.all()


def test_vocabularies_of_different_sizes_have_no_kl() -> None:
    small, large = Bigram(11), Bigram(13)
    for one in score(small, text_of(TOKENS), large):  # type: ignore[arg-type]
        assert one.paired is not None
        assert one.paired.kl is None and one.paired.same_top is None
        assert np.isfinite(one.paired.losses).all()


def test_a_token_beyond_the_vocabulary() -> None:
    with pytest.raises(Unsupported, match=r"token 10 of the text is beyond .* vocabulary of 10"):
        list(score(Bigram(10), text_of([0] * 9 + [10])))  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_scores_that_are_no_numbers_name_their_window(wrong: float) -> None:
    model = Bigram(11)
    tokens = [0] * 20 + [7] * 5
    model.scores[7, 3] = wrong
    with pytest.raises(NotFinite, match=r"window 4 \(tokens 16 to 24 of stream 0\)"):
        list(score(model, text_of(tokens)))  # type: ignore[arg-type]
    with pytest.raises(NotFinite):
        list(score(Bigram(11), text_of(tokens), model))  # type: ignore[arg-type]
