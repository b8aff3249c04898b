"""Parts of one grid as one run: every cell as it was measured, its part known, sealed anew."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.errors import Misuse
from bench.record import Run
from bench.seal import OURS, SEAL, seal
from reports.one_grid import not_of_one_grid

Json = dict[str, Any]

PART = "part"
"""The fact of a cell that says which part it was measured in."""
OF_A_MOMENT = ("load_before", "limits")
"""What a machine says of one session only."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part: its name, its file as JSON has it, and the run in it."""

    name: str
    document: Json
    run: Run


def merged(parts: Sequence[Part]) -> Json:
    """The run file of all parts together. Raises Misuse with the part and what is wrong with it."""
    first = parts[0]
    for part in parts:
        _refuse_edited(part)
        if why := not_of_one_grid(first.run, part.run):
            raise Misuse(f"{part.name} is no part of the grid of {first.name}: {why}")
    lists = _Lists()
    for part in parts:
        lists.add(part, first)
    document = {**first.document, "benchmarks": lists.benchmarks}
    document["datetime"] = max(str(part.document.get("datetime", "")) for part in parts)
    document[OURS] = _ours(parts, lists)
    document[OURS][SEAL] = seal(document)
    return document


def _refuse_edited(part: Part) -> None:
    """A new sum over the whole would hide the edit. Raises Misuse."""
    stands = part.document[OURS].get(SEAL)
    if stands is None:
        raise Misuse(f"{part.name} carries no sum, so an edit of it would not show; measure again")
    if stands != seal(part.document):
        raise Misuse(
            f"{part.name} was changed after it was written; `weighbridge check` says where"
        )


class _Lists:
    """The rows and records of all parts, each cell once."""

    def __init__(self) -> None:
        self.benchmarks: list[Json] = []
        self.records: list[Json] = []
        self.absent: list[Json] = []
        self._seen: dict[str, tuple[str, Json]] = {}

    def add(self, part: Part, first: Part) -> None:
        """What another part holds already is left out. Raises Misuse where it is not the same."""
        ours, mark = part.document[OURS], _mark(part, first)
        cells = {id(entry): record.cell for entry, record in _entries(part)}
        for row in part.document["benchmarks"]:
            entry = row["extra_info"]["bench"]
            if self._is_new(part, cells[id(entry)], row):
                info = {**row["extra_info"], "bench": _marked(entry, mark)}
                self.benchmarks.append({**row, "extra_info": info})
        for kept, key in ((self.records, "records"), (self.absent, "absent")):
            for entry in ours[key]:
                if self._is_new(part, cells[id(entry)], entry):
                    kept.append(_marked(entry, mark))

    def _is_new(self, part: Part, cell: str, entry: Json) -> bool:
        name, known = self._seen.setdefault(cell, (part.name, entry))
        if known is entry:
            return True
        if known == entry:
            return False
        raise Misuse(
            f"{reprlib.repr(cell)} stands in {name} and otherwise in {part.name}: "
            "measure it in one of them"
        )


def _entries(part: Part) -> Iterable[tuple[Json, Any]]:
    """The records' JSON with the records, as the reader lists them."""
    ours = part.document[OURS]
    rows = [row["extra_info"]["bench"] for row in part.document["benchmarks"]]
    return zip([*rows, *ours["records"], *ours["absent"]], part.run.records, strict=True)


def _mark(part: Part, first: Part) -> Json:
    """Which part, of when, and what its machine says besides the first one's."""
    machine, base = part.run.machine, first.run.machine
    unlike = {
        key: value
        for key, value in machine.items()
        if key not in OF_A_MOMENT and value != base.get(key)
    }
    found = {"name": part.name, "date": part.run.date}
    return {**found, "machine": unlike} if unlike else found


def _marked(entry: Json, mark: Json) -> Json:
    """The record with its part among its facts; one that was merged before keeps its own."""
    return {**entry, "facts": {PART: mark, **entry["facts"]}}


def _ours(parts: Sequence[Part], lists: _Lists) -> Json:
    first, sources = parts[0], [part.document[OURS] for part in parts]
    limits = [found for source in sources if (found := source["machine"].get("limits"))]
    machine = {**sources[0]["machine"], **({"limits": limits[0]} if limits else {})}
    variants: Json = {}
    for source in sources:
        variants.update(source["variants"])
    return {
        **{key: value for key, value in sources[0].items() if key != SEAL},
        "date": max(part.run.date for part in parts),
        "machine": machine,
        "settings": {**first.run.settings, **_told(parts)},
        "variants": variants,
        "records": lists.records,
        "absent": lists.absent,
    }


def _told(parts: Sequence[Part]) -> Json:
    """The settings that speak of sessions, over all of them."""
    known = [part.run.settings for part in parts]
    order = dict.fromkeys(cell for found in known for cell in found.get("order", ()))
    dates = dict.fromkeys(date for found in known for date in found.get("resumed_from", ()))
    commands = [f"{part.name} {part.run.date}: {_command(part.run)}" for part in parts]
    return {
        "command": ["weighbridge", "merge", *(part.name for part in parts)],
        "order": list(order),
        "resumed": sum(int(found.get("resumed", 0)) for found in known),
        "resumed_from": list(dates),
        "merged": commands,
    }


def _command(run: Run) -> str:
    return " ".join(str(word) for word in run.settings.get("command", ()))
