"""How the reader of run files takes them apart: keys, kinds and numbers, each fault one line."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache, lru_cache
from itertools import product
from math import isfinite
from operator import itemgetter
from types import NoneType
from typing import Any

DEEPEST = 20
"""Levels of objects and lists that a fact of a run file may hold."""
MOST_WHOLE = 2**53
"""Beyond it a float cannot hold every whole number."""

PLAIN = frozenset({str, bool, NoneType})
"""What a fact may be besides a number."""
NUMBERS = frozenset({int, float})


def facts_of(entry: Any, key: str, **kinds: tuple[type, ...]) -> dict[str, Any]:
    """An object that is shown as it is; `kinds` names what a reader takes apart."""
    found: dict[str, Any] = take(entry, key, dict)
    for name in kinds.keys() & found.keys():
        take(found, name, *kinds[name])
    expect_showable(key, found)
    return found


def expect_showable(what: str, found: dict[str, Any] | list[Any], levels: int = DEEPEST) -> None:
    """Finite numbers, words and not too many levels. Raises ValueError."""
    if found and levels == 1:  # what it holds stands a level deeper
        raise ValueError(f"{what} is nested deeper than {DEEPEST} levels")
    inner: Iterable[Any] = found.values() if isinstance(found, dict) else found
    for item in inner:
        kind = type(item)
        if kind is dict or kind is list:
            expect_showable(what, item, levels - 1)
        elif kind not in PLAIN and not (kind in NUMBERS and -MOST_WHOLE <= item <= MOST_WHOLE):
            number(item, f"a number in {what}")


def taker(
    shape: Mapping[str, tuple[type, ...]], exact: bool = True
) -> Callable[[Any], tuple[Any, ...] | None]:
    """What takes the fields of an object in the order of `shape`, each of one of its types (True
    is no number), at once: for the many that are sound. It gives None where one is not, or, if
    `exact`, where there are more.
    """
    get, kinds = itemgetter(*shape), frozenset(product(*shape.values()))

    def taken(entry: Any) -> tuple[Any, ...] | None:
        if type(entry) is not dict or (exact and len(entry) != len(shape)):
            return None
        try:
            found: tuple[Any, ...] = get(entry)
        except KeyError:
            return None
        return found if tuple(map(type, found)) in kinds else None

    return taken


def expect_keys(what: str, entry: Mapping[str, Any], kind: Any) -> None:
    """Exactly the fields of the dataclass `kind`. Raises ValueError."""
    wanted = _fields(kind)
    if entry.keys() != wanted:
        first = min(entry.keys() ^ wanted)
        raise ValueError(f"{what} {'lacks' if first in wanted else 'has'} {reprlib.repr(first)}")


@cache
def _fields(kind: Any) -> frozenset[str]:
    return frozenset(one.name for one in fields(kind))


@lru_cache(maxsize=1000)
def said_of(name: str) -> str:
    """A name as a fault says it: quoted, and short whatever stands in the file."""
    return reprlib.repr(name)


def take(entry: Any, key: str, *kinds: type) -> Any:
    """`entry[key]`, if it is exactly of one of these kinds (True is no number), or ValueError."""
    if type(entry) is dict and key in entry:
        found = entry[key]
        if type(found) in kinds:
            return found
        raise ValueError(f"{reprlib.repr(key)} is {reprlib.repr(found)}")
    if not isinstance(entry, dict):
        raise ValueError(f"{reprlib.repr(entry)} stands where an object with {key!r} should")
    raise ValueError(f"{key!r} is missing")


def no_constant(name: str) -> None:
    """For json's `parse_constant`: refuses NaN and the infinities. Raises ValueError."""
    raise ValueError(f"{name} is not a number that JSON knows")


def numbers(found: list[Any], *what: str) -> list[Any]:
    """Each as `number` has it; what a session writes is finite floats, told at once."""
    if set(map(type, found)) <= {float} and isfinite(sum(found)):
        return found  # a sum that is finite has no part that is not
    return [number(item, *what) for item in found]


def number(found: Any, *what: str) -> float | None:
    """A finite number or None; a whole one stays whole as far as a float could hold it."""
    if found is None:
        return None
    kind = type(found)
    if kind is float and isfinite(found):
        return found  # type: ignore[no-any-return]
    if (kind is not int and kind is not float) or not isfinite(found):
        raise ValueError(f"{' of '.join(what)} is {reprlib.repr(found)}")
    return found if abs(found) <= MOST_WHOLE else float(found)
