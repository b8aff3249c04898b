"""The answer for every quality budget that a page's slider offers, worked out beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from reports.answer import BUDGET, Answer, answer_of
from reports.board import Board
from reports.names import Name, visible
from reports.topics import LOSS

LADDER = (
    *(0.0, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08),
    *(0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0),
)
"""Nats per token; BUDGET is one of them."""
LEAST = 0.1
"""The slider reaches at least so far."""


@dataclass(frozen=True, kw_only=True)
class Budgets:
    """The stops of the slider, and which of them the page opens with."""

    stops: tuple[float, ...]
    chosen: int
    answers: tuple[Answer, ...]
    names: tuple[str, ...]
    """The variants in the order of the board."""

    @property
    def answer(self) -> Answer:
        """What the page says before anybody moves the slider."""
        return self.answers[self.chosen]

    @property
    def island(self) -> list[dict[str, object]]:
        """What the script needs: per stop the number, and the answer in pieces."""
        return [
            {
                "budget": f"{stop:g}",
                "sentence": [_piece(piece) for piece in found.sentence],
                "detail": list(found.detail),
                "winner": self.names.index(found.winner) if found.winner in self.names else -1,
            }
            for stop, found in zip(self.stops, self.answers, strict=True)
        ]


def budgets_of(board: Board) -> Budgets:
    """Stops up to the first that lets everybody in."""
    most = max([LEAST, *_losses(board)])
    reached = next((stop for stop in LADDER if stop >= most), LADDER[-1])
    stops = tuple(stop for stop in LADDER if stop <= reached)
    answers = tuple(answer_of(board, stop) for stop in stops)
    names = tuple(line.row.name for line in board.lines)
    return Budgets(stops=stops, chosen=stops.index(BUDGET), answers=answers, names=names)


def _losses(board: Board) -> Iterator[float]:
    for line in board.lines:
        gap = board.gap(line, LOSS)
        if gap:
            yield from (end for end in (gap.value, gap.high) if end is not None and isfinite(end))


def _piece(piece: str) -> object:
    """A name is told apart from our own words, as the page isolates it."""
    return {"name": visible(piece)} if isinstance(piece, Name) else piece
