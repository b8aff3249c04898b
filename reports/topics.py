"""What a reader weighs variants by: speed-up, loss, memory and size, and where each is found."""

from __future__ import annotations

from dataclasses import dataclass

from reports import columns

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One thing that variants are weighed by, and the columns that tell of it."""

    label: str
    figures: tuple[Key, ...]
    """Absolute figures: the first that the run has."""
    gap: Key | None = None
    """The column that holds paired comparisons."""
    axis: bool = True
    """Whether the Pareto front is judged by it."""
    alone: bool = False
    """Whether its figure says enough by itself, so that it is set against no teacher's."""


SPEED = Topic(label="speed-up", figures=(columns.SPEED,), gap=columns.GAIN)
LOSS = Topic(label="loss", figures=(columns.QUALITY,), gap=columns.LOST)
MEMORY = Topic(label="memory", figures=(columns.DEVICE, columns.MEMORY))
SIZE = Topic(label="size", figures=(columns.SIZE,))
TOPICS = (
    SPEED,
    LOSS,
    Topic(label="KL", figures=(columns.KL,), axis=False),
    Topic(label="top-1", figures=(columns.TOP1,), axis=False),
    MEMORY,
    SIZE,
)
ENERGY = Topic(label="energy", figures=(columns.ENERGY,), axis=False)
SHARE = Topic(label="share of limit", figures=(columns.SHARE,), axis=False, alone=True)
WIDE = (*TOPICS, ENERGY, SHARE)
"""With what only a page has room for."""
