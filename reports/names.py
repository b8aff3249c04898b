"""Text that came with a run, made safe to show: names are data, and may be hostile."""

from __future__ import annotations

import unicodedata

NAME_LIMIT = 80
TEXT_LIMIT = 600
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that steer a terminal or a page instead of being seen: bidi marks too."""


class Name(str):
    """A name that a run brought along, inside a sentence of ours; pages isolate it."""

    __slots__ = ()


def visible(text: object, limit: int = NAME_LIMIT) -> str:
    """`text` with control and bidi characters written out as \\u202e, cut at `limit` characters."""
    whole = str(text)
    cut = whole if len(whole) <= limit else whole[:limit].rstrip() + ELLIPSIS
    if cut.isprintable():  # nothing of HIDDEN is
        return cut
    return "".join(_written(character) for character in cut)


def sentence(text: object) -> str:
    """A message on one line: line breaks become spaces, the rest as `visible`."""
    return visible(" ".join(str(text).split()), TEXT_LIMIT)


def _written(character: str) -> str:
    if unicodedata.category(character) not in HIDDEN:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
