"""What is scored in one piece: the text's first tokens, or each of its documents by itself."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench import corpus, tokenizing, wikitext
from bench.tokenizing import Tokenized


@dataclass(frozen=True, kw_only=True)
class Stream:
    """The tokens of a text or document, and what of the raw text they stand for."""

    tokens: tuple[int, ...]
    """Without any that a tokenizer would add."""
    sizes: tuple[int, ...]
    """Bytes that each token stands for."""
    words: int
    """Of the raw text: its parts between runs of white space, as lm-evaluation-harness counts."""
    bytes: int
    """Of the raw text, in UTF-8."""


Streams = tuple[tuple[Stream, ...], bool]
"""The streams, and whether they were read as WikiText, with its spaced-out signs put back."""


def whole(folder: Path, name: str, cap: int | None) -> Streams:
    """One stream: the text's first `cap` tokens, or all."""
    text = corpus.content(name)
    found = tokenizing.first_tokens(folder, text, cap)
    raw = text.encode()[: sum(found.sizes)].decode(errors="ignore")
    return (_stream(raw, found),), False


def by_documents(folder: Path, name: str, cap: int | None) -> Streams:
    """A stream for each document, until there are `cap` tokens; the last ends with a word."""
    documents = corpus.documents(name)
    spaced = any(map(wikitext.is_wikitext, documents))

    def read(raw: str) -> Tokenized:
        return tokenizing.first_tokens(folder, wikitext.detokenised(raw) if spaced else raw, None)

    streams, left = [], cap
    for raw in documents:
        kept = raw if left is None else _fitting(raw, left, lambda part: len(read(part).ids))
        found = read(kept)
        streams += [_stream(kept, found)] if found.ids else []
        left = None if left is None else left - len(found.ids)
        if kept != raw:
            break
    return tuple(streams), spaced


def _stream(raw: str, found: Tokenized) -> Stream:
    return Stream(
        tokens=found.ids,
        sizes=found.sizes,
        words=len(re.split(r"\s+", raw)),
        bytes=len(raw.encode()),
    )


def _fitting(raw: str, most: int, count: Callable[[str], int]) -> str:
    """As much of a document as `most` tokens hold, cut after a word.

    A word takes a token at least, so that no more than `most` words need be looked at.
    """
    ends = [word.end() for word in islice(re.finditer(r"\S+", raw), most + 1)]
    if len(ends) <= most and count(raw) <= most:
        return raw
    words = bisect_right(range(len(ends)), most, key=lambda at: count(raw[: ends[at]]))
    return raw[: ends[words - 1]] if words else ""
