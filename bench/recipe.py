"""What a scoring recipe is: how a text is cut into windows, and what its figures are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bench.discovery import find


@dataclass(frozen=True)
class Window:
    """Tokens `start` to `end` of a stream; the last `scored` of them count."""

    start: int
    end: int
    scored: int
    prefixed: bool = False
    """Whether the recipe's prefix token is fed before them."""
    stream: int = 0


@dataclass(frozen=True)
class Layout:
    """What a recipe cuts: how long the stream is, and how long a window and its step may be."""

    tokens: int
    length: int
    stride: int
    prefix: bool = False
    """Whether there is a prefix token to feed."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A named way to score a text; one file in bench/recipes declares one."""

    name: str
    summary: str
    windows: Callable[[Layout], Iterator[Window]]
    prefix: Literal["never", "always", "as tokenizer"] = "never"
    """Whether windows begin with a token that is not of the text; "always" demands one."""
    documents: bool = False
    """Whether each document is a stream of its own, and words and bytes are the raw text's."""
    strides: bool = False
    """Whether `--stride` matters."""
    shortest: int = 1
    """Windows' lengths that the text must hold at least; 0 where any length will do."""


@cache
def recipes() -> dict[str, Recipe]:
    """Every recipe that a file of bench/recipes declares."""
    return find("bench.recipes", Recipe)
