"""The figures of a scored text, from per-token numbers that are worked out apart."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.model import Tokens
from bench.quality import ENOUGH_FOR_P99, quality
from bench.recipe import recipes
from bench.scoring import score
from bench.streams import Stream
from bench.text import Text
from tests.bench.test_scoring import TOKENS, Bigram, text_of

LONG: list[int] = np.random.default_rng(5).integers(0, 11, 1500).tolist()


def log_softmax(model: Bigram) -> np.ndarray[Any, Any]:
    """Log-probabilities of the next token, (vocabulary, vocabulary)."""
    from scipy.special import log_softmax

    found: np.ndarray[Any, Any] = log_softmax(model.scores.astype(np.float64), axis=-1)
    return found


def test_every_figure_of_a_pair_by_the_formulas() -> None:
    variant, teacher = Bigram(11), Bigram(11, seed=9)
    found = quality(score(variant, text_of(LONG), teacher), text_of(LONG))  # type: ignore[arg-type]
    p, q = log_softmax(teacher), log_softmax(variant)
    before, after = np.array(LONG[:-1]), np.array(LONG[1:])
    kl = (np.exp(p) * (p - q)).sum(-1)[before]
    loss, base = -q[before, after], -p[before, after]
    near = found.fidelity
    assert near is not None and near.kl is not None and near.top1 is not None
    assert found.loss.value == pytest.approx(loss.mean())
    assert found.perplexity.value == pytest.approx(np.exp(loss.mean()))
    assert near.loss_difference.value == pytest.approx((loss - base).mean())
    assert near.kl.value == pytest.approx(kl.mean())
    assert near.kl_median == pytest.approx(np.median(kl))
    assert near.kl_p99 == pytest.approx(np.quantile(kl, 0.99))
    assert near.top1.value == pytest.approx((p.argmax(-1) == q.argmax(-1))[before].mean())
    difference = np.exp(-loss) - np.exp(-base)
    assert near.rms_probability.value == pytest.approx(np.sqrt((difference**2).mean()))
    for each in (found.loss, found.perplexity, near.kl, near.top1, near.rms_probability):
        assert each.low is not None and each.high is not None
        assert each.low < each.value < each.high
        assert sum(each.weights) == len(LONG) - 1


def test_the_teacher_beside_itself() -> None:
    model = Bigram(11)
    near = quality(score(model, text_of(LONG), model), text_of(LONG)).fidelity  # type: ignore[arg-type]
    assert near is not None and near.kl is not None and near.top1 is not None
    assert (near.kl.value, near.kl_median, near.kl_p99) == (0, 0, 0)
    assert (near.loss_difference.value, near.rms_probability.value) == (0, 0)
    assert near.top1.value == 1


def test_no_99th_percentile_of_few_tokens() -> None:
    assert len(TOKENS) < ENOUGH_FOR_P99
    near = quality(score(Bigram(11), text_of(TOKENS), Bigram(11, 2)), text_of(TOKENS)).fidelity  # type: ignore[arg-type]
    assert near is not None
    assert near.kl_p99 is None
    assert near.kl_median is not None


def test_vocabularies_of_different_sizes_keep_the_paired_loss_alone() -> None:
    near = quality(score(Bigram(11), text_of(TOKENS), Bigram(13)), text_of(TOKENS)).fidelity  # type: ignore[arg-type]
    assert near is not None
    assert (near.kl, near.kl_median, near.kl_p99, near.top1) == (None, None, None, None)
    assert math.isfinite(near.loss_difference.value)
    assert near.rms_probability.value > 0


class Even:
    """Every token of sixteen is as likely: four bits each."""

    def logits(self, tokens: Tokens) -> np.ndarray[Any, Any]:
        return np.zeros((len(tokens), len(tokens[0]), 16), dtype=np.float32)


@pytest.mark.parametrize("recipe", ["hf-strided", "disjoint", "llama.cpp"])
def test_bits_per_byte_count_the_bytes_of_what_is_scored(recipe: str) -> None:
    """Two bytes a token, but none for every third, which shares its character with the last."""
    text = text_of([1, 2, 3] * 30, recipe=recipe)
    stream = replace(text.streams[0], sizes=(2, 4, 0) * 30)
    text = replace(text, streams=(stream,))
    found = quality(score(Even(), text), text)  # type: ignore[arg-type]
    scored = [at for w in text.windows() for at in range(w.end - w.scored, w.end)]
    size = sum(stream.sizes[at] for at in scored)
    assert found.bits_per_byte is not None
    assert found.bits_per_byte.value == pytest.approx(4 * len(scored) / size)
    assert (found.word_perplexity, found.byte_perplexity, found.fidelity) == (None, None, None)


def test_the_word_recipe_counts_words_and_bytes_of_the_raw_documents() -> None:
    """Three documents of 5, 20 and 1 tokens: 26 × 4 bits over 13 words and 104 bytes."""
    streams = tuple(
        Stream(tokens=(1,) * n, sizes=(1,) * n, words=words, bytes=4 * n)
        for n, words in ((5, 3), (20, 9), (1, 1))
    )
    way = recipes()["word"]
    text = Text(name="mine", streams=streams, way=way, window=8, stride=4, prefix=0)
    found = quality(score(Even(), text), text)  # type: ignore[arg-type]
    assert found.word_perplexity is not None and found.bits_per_byte is not None
    assert found.word_perplexity.value == pytest.approx(16 ** (26 / 13))
    assert found.word_perplexity.weights == (3, 9, 1)
    assert found.bits_per_byte.value == pytest.approx(1)
    assert found.byte_perplexity == pytest.approx(2)
    assert found.perplexity.value == pytest.approx(16)
