"""Perplexity by Hugging Face's fixed-length recipe: token mean over strided windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.model import Model

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Window:
    """Tokens `start` to `end` are fed; the last `scored` of them count."""

    start: int
    end: int
    scored: int


def windows(tokens: int, length: int, stride: int) -> Iterator[Window]:
    """Every token but the first is scored once, with at least length - stride of context.

    Source: the fixed-length perplexity guide of the transformers documentation, with an exact
    token mean: only the very first token, which nothing predicts, is left out.
    """
    done = 1
    for start in range(0, tokens, stride):
        end = min(start + length, tokens)
        if end > done:
            yield Window(start, end, end - done)
        done = end
        if end == tokens:
            return


def window_losses(
    model: Model, tokens: Sequence[int], length: int, stride: int
) -> Iterator[tuple[float, int]]:
    """Per window: mean nats per scored token, and how many were scored.

    One row a forward, because half-precision results depend on the batch; log-softmax and sums
    in float64, because float32 reads low.
    """
    for window in windows(len(tokens), length, stride):
        row = list(tokens[window.start : window.end])
        scores = model.logits([row])[0][-window.scored - 1 : -1]
        yield negative_log_likelihood(scores, row[-window.scored :]), window.scored


def negative_log_likelihood(scores: NDArray[numpy.float32], targets: Sequence[int]) -> float:
    """Mean nats of `targets` (n) under `scores` (n, vocabulary)."""
    import numpy as np

    wide = scores.astype(np.float64)
    top = wide.max(axis=-1)
    normaliser = top + np.log(np.exp(wide - top[:, None]).sum(axis=-1))
    return float((normaliser - wide[np.arange(len(targets)), targets]).mean())
