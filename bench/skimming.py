"""Reads runs of many cells in little memory: checked as by the reader, less of it kept."""

from __future__ import annotations

import gc
import json
import re
from codecs import utf_8_decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from bench.checking import no_constant
from bench.errors import BadRun
from bench.reading import assembled, read, record_of
from bench.record import Record, Run

ROWS = {("benchmarks",), ("weighbridge", "records"), ("weighbridge", "absent")}
"""The lists that hold a cell each item; they are taken apart one item at a time."""
SPACE = re.compile(rb"[ \t\n\r]*")
DECODER = json.JSONDecoder(parse_constant=no_constant)
FARTHEST = 1 << 18
"""Bytes of an item that is given to the faster parser, which knows no floats but finite ones
and takes whole numbers beyond 64 bits for floats, as the checks do beyond 53."""
ALIKE = 8
"""Bytes at the beginning of an item that the next ones are taken to begin with, too."""
WINDOW = 1 << 16
"""Bytes that the other parser is given at first."""
BEHIND = frozenset(" \t\n\r,:]}")
"""What shows that a value has ended before the window did."""
Way = tuple[str, ...]


def skim(path: Path) -> Run:
    """The run without proofs, facts and the samples of what is not paired.

    Everything in the file is checked as `read` does. What looks wrong here is given to `read`,
    whose refusal is the one that a user sees. Raises BadRun.
    """
    try:
        with no_collection():
            document = Walk(path.read_bytes(), _record).document()
            return assembled(document, path, lambda ours: _records(document, ours))
    except (OSError, ValueError, LookupError, TypeError, RecursionError, OverflowError, BadRun):
        run = read(path)
        return replace(run, records=tuple(record.lean for record in run.records))


def _records(document: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Record]:
    for found in (document["benchmarks"], ours["records"], ours["absent"]):
        if not isinstance(found, list):
            raise ValueError("no list of cells")
        yield from found


def _record(way: Way, item: Any) -> Record:
    return record_of(item["extra_info"]["bench"] if way == ("benchmarks",) else item, whole=False)


class Walk:
    """Goes through a JSON text and hands the items of ROWS to `each` as they are decoded."""

    def __init__(self, text: bytes, each: Callable[[Way, Any], Any]) -> None:
        self.text, self.each = text, each
        self._end = 0

    def document(self) -> Any:
        """The whole, its rows as `each` gave them back. Raises ValueError where it is no JSON."""
        found, end = self._value((), self._after(0))
        if self._after(end) != len(self.text):
            raise ValueError("something stands behind the document")
        return found

    def _value(self, way: Way, at: int) -> tuple[Any, int]:
        if way in ROWS and self.text.startswith(b"[", at):
            return self._items(way, at)
        if self.text.startswith(b"{", at) and any(way == row[: len(way)] for row in ROWS):
            return self._members(way, at)
        return self._decoded(at)

    def _members(self, way: Way, at: int) -> tuple[dict[str, Any], int]:
        found = {}
        for begin in self._parts(at, b"}"):
            key, end = self._decoded(begin)
            if not isinstance(key, str):
                raise ValueError("a key is no string")
            found[key], self._end = self._value((*way, key), self._past(end, b":"))
        return found, self._end

    def _items(self, way: Way, at: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        last = 0
        for begin in self._parts(at, b"]"):
            if last:
                begin = self._alike(way, last, begin, found)
            item, last = self._decoded(begin)
            found.append(self.each(way, item))
            self._end = last
        return found, self._end

    def _alike(self, way: Way, end: int, begin: int, found: list[Any]) -> int:
        """Takes the items that part as the last one, which ends at `end`, from the one at `begin`.

        Where each ends is a guess that the faster parser proves: what is a value as far as the
        comma is the whole of it. Gives where the first item begins that is left to the other
        parser, since it looks unlike the last one or was refused.
        """
        mark, gap, least = self.text[end - 1 : begin + ALIKE], begin - end, 0
        while (stop := self.text.find(mark, begin + least, begin + FARTHEST) + 1) > 0:
            try:
                item = orjson.loads(self.text[begin:stop])
            except orjson.JSONDecodeError:
                break
            found.append(self.each(way, item))
            least = (stop - begin) // 2  # an item of less than half is left to the other, too
            begin = stop + gap
        return begin

    def _decoded(self, at: int) -> tuple[Any, int]:
        """The value that begins there, and where it ends; no more is made text than it needs."""
        size = WINDOW
        while True:
            whole = at + size >= len(self.text)
            text, _ = utf_8_decode(self.text[at : at + size], "strict", whole)
            try:
                found, end = DECODER.raw_decode(text)
            except ValueError:
                end = len(text)
                if whole:
                    raise
            if whole or text[end : end + 1] in BEHIND:
                return found, at + len(text[:end].encode())
            size *= 4

    def _parts(self, at: int, close: bytes) -> Iterator[int]:
        """Where each part of an object or list begins; `_end` is where the last one ended."""
        begin = self._after(at + 1)
        if self.text.startswith(close, begin):
            self._end = begin + 1
            return
        while True:
            yield begin
            stop = self._after(self._end)
            self._end = stop + 1
            if self.text.startswith(close, stop):
                return
            begin = self._past(stop, b",")

    def _past(self, at: int, sign: bytes) -> int:
        begin = self._after(at)
        if not self.text.startswith(sign, begin):
            raise ValueError(f"no {sign.decode()}")
        return self._after(begin + 1)

    def _after(self, at: int) -> int:
        """Behind the blanks."""
        found = SPACE.match(self.text, at)
        return found.end() if found else at


@contextmanager
def no_collection() -> Iterator[None]:
    """Millions of facts that refer to nothing in a circle: looking for circles among them costs
    more than reading them."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
