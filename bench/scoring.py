"""Scores a text window by window, variant and teacher in step; no window's scores outlive it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import BenchError, Unsupported
from bench.model import Model
from bench.recipe import Window
from bench.text import Text

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

CHUNK = 2**20
"""Scores that are widened to float64 at once: 8 MiB for each of the two models."""


class NotFinite(BenchError):
    """A model gave scores that no loss can be taken of."""


@dataclass(frozen=True)
class Paired:
    """What the teacher gave the same tokens, and how near the variant is to it."""

    losses: NDArray[numpy.float64]
    kl: NDArray[numpy.float64] | None
    """KL(teacher || variant) in nats; None where their vocabularies differ in size."""
    same_top: NDArray[numpy.bool_] | None
    """Whether both have the same likeliest token; None where kl is."""


@dataclass(frozen=True)
class Seen:
    """One window's scored tokens: nats each, and beside them the teacher's where it was asked."""

    window: Window
    losses: NDArray[numpy.float64]
    paired: Paired | None = None


def score(model: Model, text: Text, teacher: Model | None = None) -> Iterator[Seen]:
    """Each window of `text`, one row a forward, because half-precision results depend on the batch.

    Both models see the same window before the next; the teacher beside itself runs once. Raises
    NotFinite with the window's place, and Unsupported where a token is beyond a vocabulary.
    """
    for at, window in enumerate(text.windows()):
        seen = _window(model, text.row(window), window, teacher)
        found = [seen.losses, *([seen.paired.losses] if seen.paired else [])]
        kl = seen.paired.kl if seen.paired else None
        _expect_finite([*found, *([kl] if kl is not None else [])], at, window)
        yield seen


def _window(model: Model, row: Sequence[int], window: Window, teacher: Model | None) -> Seen:
    """The last token of `row` is only ever asked for, so it is not fed."""
    targets = row[-window.scored :]
    mine = model.logits([list(row[:-1])])[0, -window.scored :]
    _expect_known(targets, mine.shape[-1])
    if teacher is None:
        return Seen(window, token_losses(mine, targets))
    theirs = mine if teacher is model else teacher.logits([list(row[:-1])])[0, -window.scored :]
    _expect_known(targets, theirs.shape[-1])
    if mine.shape != theirs.shape:
        alone = Paired(token_losses(theirs, targets), None, None)
        return Seen(window, token_losses(mine, targets), alone)
    losses, paired = compared(mine, theirs, targets)
    return Seen(window, losses, paired)


def compared(
    mine: NDArray[numpy.float32], theirs: NDArray[numpy.float32], targets: Sequence[int]
) -> tuple[NDArray[numpy.float64], Paired]:
    """Nats a token under both, and their distance, from scores of shape (n, vocabulary).

    KL is the sum of p (log p - log q) with both normalised in float64: exactly 0 where the
    scores are the same, and elsewhere not below 0 by more than float64's rounding.
    """
    import numpy as np

    n, width = mine.shape
    losses, base, kl = np.empty(n), np.empty(n), np.empty(n)
    for part in _chunks(n, width):
        wanted = np.asarray(targets[part])
        p, q = _shifted(theirs[part]), _shifted(mine[part])
        rows = np.arange(len(wanted))
        p_target, q_target = p[rows, wanted], q[rows, wanted]
        weights = np.exp(p)
        p -= q
        total = weights.sum(-1)
        distance = np.einsum("ij,ij->i", weights, p) / total
        p_norm, q_norm = np.log(total), np.log(np.exp(q, out=q).sum(-1))
        losses[part], base[part] = q_norm - q_target, p_norm - p_target
        kl[part] = distance - p_norm + q_norm
    return losses, Paired(base, kl, mine.argmax(-1) == theirs.argmax(-1))


def token_losses(scores: NDArray[numpy.float32], targets: Sequence[int]) -> NDArray[numpy.float64]:
    """Nats of each of `targets` (n) under `scores` (n, vocabulary), in float64.

    float32 sums read low: 7.5e-6 nats a token.
    """
    import numpy as np

    losses = np.empty(len(targets))
    for part in _chunks(*scores.shape):
        wide, wanted = _shifted(scores[part]), np.asarray(targets[part])
        target = wide[np.arange(len(wanted)), wanted]
        losses[part] = np.log(np.exp(wide, out=wide).sum(-1)) - target
    return losses


def _shifted(scores: NDArray[numpy.float32]) -> NDArray[numpy.float64]:
    """In float64, each row's largest at 0, so that no exponential overflows."""
    import numpy as np

    wide = scores.astype(np.float64)
    with np.errstate(invalid="ignore"):  # infinities are spoken of once the window is done
        wide -= wide.max(-1, keepdims=True)
    return wide


def _chunks(rows: int, width: int) -> Iterator[slice]:
    step = max(1, CHUNK // width)
    return (slice(start, start + step) for start in range(0, rows, step))


def _expect_known(targets: Sequence[int], width: int) -> None:
    if max(targets) >= width:
        raise Unsupported(
            f"token {max(targets)} of the text is beyond the model's vocabulary of {width}"
        )


def _expect_finite(found: Sequence[NDArray[numpy.float64]], at: int, window: Window) -> None:
    import numpy as np

    if not all(np.isfinite(numbers).all() for numbers in found):
        raise NotFinite(
            f"the logits of window {at} (tokens {window.start} to {window.end} of stream "
            f"{window.stream}) are not finite"
        )
