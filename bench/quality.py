"""The figures of a scored text: how well a variant predicts it, and how near the teacher it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.resampling import Resampled, mean, power, rms
from bench.scoring import Paired, Seen
from bench.text import Text

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

ENOUGH_FOR_P99 = 1000
"""Ten over the share beyond the percentile: measured from fewer tokens it is a guess."""


@dataclass(frozen=True)
class Fidelity:
    """How near a variant is to the teacher, token by token, over the same windows."""

    loss_difference: Resampled
    """The variant's nats less the teacher's, paired."""
    rms_probability: Resampled
    """Of the difference of the probability that both give to the token that comes next.

    Source: the same figure of llama.cpp's perplexity tool.
    """
    kl: Resampled | None
    kl_median: float | None
    kl_p99: float | None
    top1: Resampled | None


@dataclass(frozen=True)
class Quality:
    """How well a variant predicts the text."""

    loss: Resampled
    perplexity: Resampled
    bits_per_byte: Resampled | None
    byte_perplexity: float | None
    """None unless the recipe is one of whole documents."""
    word_perplexity: Resampled | None
    fidelity: Fidelity | None


def quality(seen: Iterable[Seen], text: Text) -> Quality:
    """Every figure that the windows give; memory for a few numbers a token."""
    windows = list(seen)
    sizes = [float(len(one.losses)) for one in windows]
    losses = [float(one.losses.mean()) for one in windows]
    bits = _per_byte(windows, text)
    whole = text.way.documents
    return Quality(
        loss=mean(losses, sizes),
        perplexity=power(losses, sizes),
        bits_per_byte=bits,
        byte_perplexity=2**bits.value if bits and whole else None,
        word_perplexity=_per_word(windows, text) if whole else None,
        fidelity=_fidelity(windows, sizes),
    )


def _fidelity(windows: Sequence[Seen], sizes: Sequence[float]) -> Fidelity | None:
    import numpy as np

    pairs = [(one.losses, one.paired) for one in windows if one.paired is not None]
    if not pairs:
        return None

    def blocks(each: Callable[[NDArray[numpy.float64], Paired], float]) -> list[float]:
        return [float(each(losses, paired)) for losses, paired in pairs]

    kl = [paired.kl for _, paired in pairs if paired.kl is not None]
    same = [float(p.same_top.mean()) for _, p in pairs if p.same_top is not None]
    tokens = np.concatenate(kl) if kl else np.empty(0)
    return Fidelity(
        loss_difference=mean(blocks(lambda losses, p: (losses - p.losses).mean()), sizes),
        rms_probability=rms(
            blocks(lambda losses, p: _root_mean_square(np.exp(-losses) - np.exp(-p.losses))), sizes
        ),
        kl=mean([float(part.mean()) for part in kl], sizes) if kl else None,
        kl_median=float(np.median(tokens)) if kl else None,
        kl_p99=float(np.quantile(tokens, 0.99)) if len(tokens) >= ENOUGH_FOR_P99 else None,
        top1=mean(same, sizes) if same else None,
    )


def _root_mean_square(numbers: NDArray[numpy.float64]) -> float:
    return math.sqrt(float((numbers * numbers).mean()))


def _per_byte(windows: Sequence[Seen], text: Text) -> Resampled | None:
    """Bits for each byte of the raw text: by document, or by the windows' scored tokens."""
    if text.way.documents:
        return _by_document(
            windows, [stream.bytes for stream in text.streams], text, mean, 1 / _LN2
        )
    blocks: list[tuple[float, float]] = []
    for one in windows:
        sizes = text.streams[one.window.stream].sizes
        size = sum(sizes[one.window.end - one.window.scored : one.window.end])
        nats = float(one.losses.sum())
        if blocks and not size:  # the later tokens of one character
            nats, size = nats + blocks[-1][0], size + int(blocks.pop()[1])
        blocks.append((nats, float(size)))
    if not all(size for _, size in blocks):
        return None
    return mean([nats / _LN2 / size for nats, size in blocks], [size for _, size in blocks])


def _per_word(windows: Sequence[Seen], text: Text) -> Resampled:
    return _by_document(windows, [stream.words for stream in text.streams], text, power, 1.0)


def _by_document(
    windows: Sequence[Seen],
    counts: Sequence[int],
    text: Text,
    estimate: Callable[[Sequence[float], Sequence[float]], Resampled],
    scale: float,
) -> Resampled:
    nats = [0.0] * len(text.streams)
    for one in windows:
        nats[one.window.stream] += float(one.losses.sum())
    shares = [scale * total / count for total, count in zip(nats, counts, strict=True)]
    return estimate(shares, [float(count) for count in counts])


_LN2 = math.log(2)
