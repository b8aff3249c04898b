"""The file of a comparison, and its journal while it lasts: the same command goes on with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.control import CONTROL
from bench.errors import BadRun, Misuse
from bench.files import write_atomically
from bench.journal import append, beside, lines_of
from reports.finding import Outcome
from reports.pairs import Pair

KEY = "weighbridge_pairs"
SCHEMA = 1


@dataclass(kw_only=True)
class Book:
    """Pairs as they were measured, on the disk before the next begins."""

    path: Path
    same: Mapping[str, Any]
    """What decides a figure: with another of these the journal is of another comparison."""
    pairs: dict[str, Pair] = field(default_factory=dict)
    """By name, such as `gate 0 screen 1`."""
    runs: dict[str, Any] = field(default_factory=dict)
    """Of cells without a clock: each arm's run file, as JSON has it."""
    taken: int = 0
    """How many pairs were found in the journal."""

    @classmethod
    def open(cls, path: Path, same: Mapping[str, Any]) -> Book:
        """Go on with the journal beside `path`, or begin one. Raises Misuse."""
        plain: dict[str, Any] = json.loads(json.dumps(same))
        journal, found = beside(path), cls(path=path, same=plain)
        if not journal.exists():
            append(journal, {KEY: SCHEMA, "same": plain})
            return found
        head, lines = _journalled(journal)
        if differ := [key for key in plain if head["same"].get(key) != plain[key]]:
            raise Misuse(
                f"{journal} keeps another comparison that broke off ({', '.join(differ)} "
                "differ); remove it, or name another -o"
            )
        found.pairs.update({line["name"]: line["pair"] for line in lines if "pair" in line})
        found.runs.update({line["arm"]: line["run"] for line in lines if "run" in line})
        found.taken = len(found.pairs)
        # a torn last line would swallow the next one
        rows = [head, *lines]
        write_atomically(journal, "".join(json.dumps(row) + "\n" for row in rows))
        return found

    def keep(self, name: str, pair: Pair) -> Pair:
        """Add a pair."""
        append(beside(self.path), {"name": name, "pair": pair})
        self.pairs[name] = pair
        return pair

    def keep_run(self, arm: str, run: Any) -> Any:
        """Add what an arm measured without a clock."""
        append(beside(self.path), {"arm": arm, "run": run})
        self.runs[arm] = run
        return run

    def finish(self, about: Mapping[str, Any]) -> None:
        """Write the whole file; the journal goes."""
        data = {
            KEY: SCHEMA,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "same": self.same,
            "pairs": self.pairs,
            "runs": self.runs,
            **about,
        }
        write_atomically(self.path, json.dumps(data, allow_nan=False))
        beside(self.path).unlink(missing_ok=True)


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Its plain form."""
    return {
        "code": outcome.code,
        "sentence": outcome.sentence,
        "findings": [_finite(asdict(finding)) for finding in outcome.sorted()],
        "left_out": [left.as_json() for left in outcome.left],
    }


def read_pairs(path: Path) -> dict[str, Pair]:
    """The pairs in a comparison's file, by name. Raises BadRun."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRun(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BadRun(f"{path} is not JSON: {error}") from None
    if not isinstance(data, dict) or data.get(KEY) != SCHEMA:
        raise BadRun(f"{path} holds no process pairs; `weighbridge aa` and `ab` write them")
    try:
        pairs: dict[str, Pair] = data["pairs"]
        _check_all(pairs.items())
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadRun(f"{path} is damaged: {error!r}") from None
    return pairs


def _journalled(journal: Path) -> tuple[Mapping[str, Any], list[dict[str, Any]]]:
    """Its first line and the others, checked as a whole file is. Raises Misuse."""
    try:
        head, *lines = [*lines_of(journal)] or [{}]
        plain = all(isinstance(one, dict) for one in (head["same"], *lines))
        if head[KEY] != SCHEMA or not plain:
            raise ValueError("another form")
        _check_all((line["name"], line["pair"]) for line in lines if "pair" in line)
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Misuse(
            f"{journal} is no journal of a comparison; remove it or name another -o"
        ) from None
    return head, lines


def _check_all(pairs: Iterable[tuple[str, Pair]]) -> None:
    for name, pair in pairs:
        for turns in _turns(pair):
            _check(name, turns["base"], turns["head"])


def _turns(pair: Pair) -> Iterator[Mapping[str, Any]]:
    if CONTROL not in pair["cells"]:
        raise ValueError("a pair without a control cell")
    for metrics in pair["cells"].values():
        yield from metrics.values()


def _check(name: str, base: Sequence[float], head: Sequence[float]) -> None:
    if len(base) != len(head) or len(base) < 2 or len(base) % 2:
        raise ValueError(f"{name} has {len(base)} and {len(head)} turns")
    if not all(type(turn) in (int, float) and 0 < turn < 1e9 for turn in (*base, *head)):
        raise ValueError(f"{name} has a turn that is no time")


def _finite(entry: dict[str, Any]) -> dict[str, Any]:
    """NaN is nothing that JSON knows."""
    return {
        key: None if isinstance(value, float) and value != value else value
        for key, value in entry.items()
    }
