"""Whether a model says the same with a cache and without, alone and in a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.model import Model

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

ROWS, LENGTH, PROMPT = 4, 48, 16
"""Rows of the text that are looked at, their tokens, and how many of them are fed at once."""
SHARES: Mapping[str, float] = {
    "float32": 1e-3, "float16": 0.03, "bfloat16": 0.2, "int8": 0.25, "int4": 0.2,
}  # fmt: skip
"""How far apart two scores may be, in standard deviations of all scores, by the kind of weights.

Floats differ by the order of their sums, int4 as its bfloat16 activations do; int8 activations
are rounded anew, so that a difference in the last bit can become one of a whole step.
"""


@dataclass(frozen=True)
class Gaps:
    """The largest differences between scores that should be the same."""

    cache: float
    """Fed token by token behind a prompt, against one uncached forward over the same tokens."""
    batch: float
    """A row in a batch of `ROWS`, against the row alone; both uncached."""
    spread: float
    """The standard deviation of all scores."""


def gaps(model: Model, tokens: Sequence[int]) -> Gaps:
    """From `ROWS` rows of `LENGTH` tokens, side by side from the start of `tokens`.

    A shorter text gives fewer rows.
    """
    import numpy as np

    length = min(LENGTH, len(tokens))
    prompt = min(PROMPT, length // 2)
    rows = [list(tokens[at * length : (at + 1) * length]) for at in range(ROWS)]
    rows = [row for row in rows if len(row) == length]
    together = model.logits(rows)
    alone = np.stack([model.logits([row])[0] for row in rows])
    stepped = np.stack([stepwise(model, row, prompt) for row in rows])
    return Gaps(
        cache=float(np.abs(stepped - alone[:, prompt - 1 : -1]).max()),
        batch=float(np.abs(together - alone).max()),
        spread=float(alone.std()),
    )


def complaints(found: Gaps, kind: str) -> Iterator[str]:
    """A sentence for every gap beyond the share that `kind`, a key of SHARES, may reach."""
    tolerance = SHARES[kind] * found.spread
    for how, gap in (
        ("decoding with its cache and without", found.cache),
        (f"batches of 1 and {ROWS}", found.batch),
    ):
        if not gap <= tolerance:
            yield (
                f"its logits in {how} are up to {gap:.2g} apart, beyond the {tolerance:.2g} that "
                f"{kind} may"
            )


def stepwise(model: Model, row: Sequence[int], prompt: int) -> NDArray[numpy.float32]:
    """Scores for every token behind the prompt, (length - prompt, vocabulary), by its cache."""
    import numpy as np

    found: list[NDArray[numpy.float32]] = []
    rest = iter(row[prompt:])

    def given(scores: NDArray[numpy.float32]) -> list[int]:
        found.append(scores[0].copy())
        return [next(rest)]

    model.decode([list(row[:prompt])], len(row) - prompt, given)
    return np.stack(found)


def kind_of(weight_bytes: Mapping[str, int]) -> str:
    """The coarsest kind of weights that the model holds, a key of SHARES."""
    coarse_first = [kind for kind in [*SHARES][::-1] if any(kind in key for key in weight_bytes)]
    return coarse_first[0] if coarse_first else "float32"
