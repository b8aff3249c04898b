"""Gaps between scores that should be the same, on a model that is made to differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.consistency import LENGTH, ROWS, gaps, kind_of
from bench.model import Choose, Tokens

TABLE = np.random.default_rng(1).normal(size=(13, 13)).astype(np.float32)
TOKENS: list[int] = np.random.default_rng(2).integers(0, 13, ROWS * LENGTH).tolist()


class Drifting:
    """A bigram table; `cache` and `batch` are added to what should be the same."""

    def __init__(self, cache: float = 0.0, batch: float = 0.0) -> None:
        self.cache, self.batch = cache, batch

    def logits(self, tokens: Tokens) -> np.ndarray[Any, Any]:
        scores = TABLE[np.array(tokens)]
        if len(tokens) > 1:
            scores[-1, -1, 0] += self.batch
        return scores

    def decode(self, prompt: Tokens, new_tokens: int, choose: Choose) -> Tokens:
        last, written = prompt[0][-1], []
        for step in range(new_tokens):
            scores = TABLE[[last]].copy()
            scores[0, 0] += self.cache if step == 3 else 0
            last = choose(scores)[0]
            written.append(last)
        return [written]


@pytest.mark.parametrize(("cache", "batch"), [(0.0, 0.0), (0.5, 0.0), (0.0, -0.25)])
def test_each_gap_is_seen_apart(cache: float, batch: float) -> None:
    found = gaps(Drifting(cache, batch), TOKENS)  # type: ignore[arg-type]
    assert found.cache == pytest.approx(abs(cache), abs=1e-6)
    assert found.batch == pytest.approx(abs(batch), abs=1e-6)
    assert found.spread == pytest.approx(TABLE[np.array(TOKENS)].std(), rel=1e-5)


@pytest.mark.parametrize("tokens", [2, 3, LENGTH, LENGTH + 1, 2 * LENGTH])
def test_a_short_text_gives_fewer_rows(tokens: int) -> None:
    assert gaps(Drifting(0.5), TOKENS[:tokens]).batch == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (["float32"], "float32"), (["bfloat16", "float32"], "bfloat16"), (["float16"], "float16"),
        (["int8_packed", "float32"], "int8"), (["int4_packed", "int8", "bfloat16"], "int4"),
        (["other"], "float32"),
    ],
)  # fmt: skip
def test_the_coarsest_weights_decide(stored: list[str], kind: str) -> None:
    assert kind_of(dict.fromkeys(stored, 1)) == kind
