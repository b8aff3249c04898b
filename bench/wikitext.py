"""WikiText's own conventions: where its pages begin, and how its spaced-out signs are put back."""

from __future__ import annotations

import re
from itertools import pairwise

HEADING = re.compile(r"^ = (?![=\s])[^\n]*[^=\s] = *$", re.MULTILINE)
"""A page's title; sections have more signs."""
MARKS = (" @-@ ", " @,@ ", " @.@ ")
ENCLOSED = ((r"\(", r"\)"), (r"\[", r"\]"), ("{", "}"), ('"', '"'), ("'", "'"))
"""Signs that stand in pairs, without the space inside them."""


def is_wikitext(text: str) -> bool:
    """Whether `text` has the signs that only WikiText has."""
    return any(mark in text for mark in MARKS)


def pages(text: str) -> list[str]:
    """The text cut before every title; the whole where there is none."""
    starts = [found.start() for found in HEADING.finditer(text)]
    cuts = [0, *starts, len(text)]
    parts = [text[start:end] for start, end in pairwise(cuts)]
    return [part for part in parts if part.strip()]


def detokenised(page: str) -> str:
    """The page as people write it.

    The rules, in their order, are those by which lm-evaluation-harness's task `wikitext` (and
    Megatron-LM before it) reads a page.
    """
    text = page.replace("s '", "s'")
    for mark in MARKS:
        text = text.replace(mark, mark[2])
    for sign in ":;.!?,":
        text = text.replace(f" {sign} ", f"{sign} ")
    for left, right in ENCLOSED:
        last = right[-1]
        inside = rf"{left}\s*([^\{last}]*?)\s*{right}"
        text = re.sub(inside, rf"{left[-1]}\1{last}", text)
    for count in (4, 3, 2):
        text = text.replace(" ".join("=" * count), "=" * count)
    degree = "\N{DEGREE SIGN}"
    for found, put in ((f" {degree} ", degree), (" \n", "\n"), ("\n ", "\n"), (" N ", " 1 ")):
        text = text.replace(found, put)
    return text.replace(" 's", "'s")
