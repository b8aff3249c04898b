"""Texts of a variant beside the teacher's: what they share, and from where they part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.record import Record, Run
from reports.names import visible
from reports.roster import TEACHER, measured
from reports.units import PERCENT, number

LONGEST = 4000
"""Characters of one text that a page shows."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """One prompt, and how two models go on from it; all made safe to show."""

    variant: str
    prompt: str
    same: str
    """What both wrote, from the front."""
    teacher: str
    other: str
    """How each goes on where they part; empty where it stops."""
    verdict: str

    @property
    def words(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """The teacher's and the other's first differing word, each with what follows it."""
        return _first(self.teacher), _first(self.other)


def by_variant(run: Run) -> dict[str, list[Passage]]:
    """The passages under the names of those that wrote them."""
    found: dict[str, list[Passage]] = {}
    for passage in passages(run):
        found.setdefault(passage.variant, []).append(passage)
    return found


def passages(run: Run) -> Iterator[Passage]:
    """Every text that a cell brought, in its order; what is no text is left out.

    The teacher beside itself tells nothing.
    """
    for record in measured(run):
        if record.variant == TEACHER:
            continue
        found = record.facts.get("texts")
        for entry in found if isinstance(found, list) else ():
            if isinstance(entry, dict) and all(
                isinstance(entry.get(key), str) for key in ("prompt", "teacher", "variant")
            ):
                yield _passage(record, entry)


def _passage(record: Record, entry: Mapping[str, Any]) -> Passage:
    whole = [entry["teacher"][:LONGEST], entry["variant"][:LONGEST]]
    same = whole[0][: _shared(*whole)]
    return Passage(
        variant=record.variant,
        prompt=_lines(entry["prompt"][:LONGEST]),
        same=_lines(same),
        teacher=_lines(whole[0][len(same) :]),
        other=_lines(whole[1][len(same) :]),
        verdict="; ".join(_verdict(entry)),
    )


def _shared(one: str, other: str) -> int:
    """How many characters both begin with, up to the start of the word in which they part."""
    if one == other:
        return len(one)
    at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    front = one[: min(len(one), len(other)) if at is None else at]
    return front.rfind(" ") + 1


def _first(text: str) -> tuple[str, str]:
    """The first word with the space before it, and the rest."""
    start = len(text) - len(text.lstrip())
    ends = (at for at in range(start, len(text)) if text[at].isspace())
    end = next(ends, len(text))
    return text[:end], text[end:]


def _verdict(entry: Mapping[str, Any]) -> Iterator[str]:
    warmth = entry.get("temperature")
    if isinstance(warmth, int | float):
        yield f"sampled at temperature {warmth:.2g}" if warmth else "greedy"
    first, equal = entry.get("first_difference"), entry.get("equal_tokens")
    if type(first) is int:
        yield f"parts at token {visible(first)}"
    elif first is None and entry["teacher"] == entry["variant"]:
        yield "the same to the end"
    if isinstance(equal, int | float) and 0 <= equal <= 1:
        yield f"{number(equal / PERCENT.per, 0)} % of the tokens equal"


def _lines(text: str) -> str:
    """Line breaks stay; all else that hides is written out."""
    return "\n".join(visible(line, LONGEST) for line in text.split("\n"))
