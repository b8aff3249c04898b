"""Going on with a session that broke off: its cells are taken over where everything is the same."""

from __future__ import annotations

import hashlib
import json
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench import corpus, runfile
from bench.cell import CELL
from bench.commit import digest
from bench.errors import Misuse
from bench.journal import Journal, Left, beside, held, line_of, read
from bench.replay import stand_in
from bench.session import SESSION, BenchSession

MACHINE = ("cpu", "cores", "affinity", "memory_bytes", "os", "python", "flags", "versions",
           "environment", "governor", "turbo")  # fmt: skip
"""What of the machine must not have changed between two halves of a run."""
MOST = 3
"""Differences that a refusal names."""


@dataclass(frozen=True)
class Begun:
    """What this session starts from: its journal, and the items that are to run or to replay."""

    items: Sequence[pytest.Item]
    journal: Journal | None = None
    lines: Sequence[Mapping[str, Any]] = ()
    """What the journal begins with."""

    def open(self) -> None:
        """Write the journal, in the place of any older one."""
        if self.journal:
            self.journal.begin(self.lines)


def check(config: pytest.Config) -> None:
    """Raises Misuse where `--resume` has nothing to go on with, before anything is collected."""
    if not config.getoption("bench_resume"):
        return
    path = config.getoption("benchmark_json", None)
    if path is None:
        raise Misuse("--resume goes on with a run file's journal: name the file, as in "
                     "--benchmark-json=run.json")  # fmt: skip
    if not beside(Path(path)).is_file():
        raise Misuse(
            f"--resume: there is no {beside(Path(path))}, so no session to go on with (one that "
            "ends whole leaves none); drop --resume"
        )


def reserve(config: pytest.Config) -> None:
    """Keep other sessions off the journal and its run file until this one ends. Raises Misuse."""
    path, stack = _path(config), ExitStack()
    if path is not None:
        config.add_cleanup(stack.close)
        stack.enter_context(held(path, "--benchmark-json", config.stash[SESSION].say))


def begin(config: pytest.Config, cells: Sequence[pytest.Item]) -> Begun:
    """Look at the journal, and with `--resume` take its cells over. Raises Misuse."""
    bench, path = config.stash[SESSION], _path(config)
    if path is None:
        return Begun(cells)
    journal = Journal(path, bench.say)
    same = _same(bench, cells)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if not config.getoption("bench_resume"):
        if journal.path.exists():
            bench.say(f"{journal.path} of a session that broke off is replaced: no --resume")
        return Begun(cells, journal, [{"same": same, "dates": [now]}])
    left = read(journal.path)
    _refuse_another(journal.path, left.same, same)
    taken = taken_over(left, cells)
    bench.resumed[:] = taken
    bench.resumed_from[:] = left.dates
    bench.proofs_before.update(left.proofs)
    bench.say(f"resumed: {len(taken)} of {len(cells)} cells are taken from {journal.path}")
    head = {"same": same, "dates": [*left.dates, now]}
    doubled = [_doubled(item, left, taken) for item in cells]
    return Begun(doubled, journal, [head, *_lines(left, taken)])


def taken_over(left: Left, cells: Iterable[pytest.Item]) -> list[str]:
    """The cells that need not run again: with figures, and proven or still to be proven."""
    labels = {item.stash[CELL].label: item.stash[CELL].variant for item in cells}
    good = {
        label
        for label, variant in labels.items()
        if label in left.records and left.records[label].figured and variant not in left.disproved
    }
    to_run = {variant for label, variant in labels.items() if label not in good}
    return [
        label
        for label, variant in labels.items()
        if label in good and (variant in left.proofs or variant in to_run)
    ]


def _path(config: pytest.Config) -> Path | None:
    """Where the session's journal is; None where it keeps none."""
    say = config.getoption
    if not say("benchmark_json", None) or say("benchmark_disable") or say("bench_make_only"):
        return None
    return beside(runfile.target(config))


def _doubled(item: pytest.Item, left: Left, taken: Sequence[str]) -> pytest.Item:
    label = item.stash[CELL].label
    if label not in taken:
        return item
    record = left.records[label]
    since = record.facts.get("resumed", left.dates[-1])
    marked = replace(record, facts={**record.facts, "resumed": since})
    return stand_in(item, marked, left.clocks[label])


def _lines(left: Left, taken: Sequence[str]) -> list[dict[str, Any]]:
    cells = [line_of(left.records[label], left.clocks[label]) for label in taken]
    return [*cells, {"proofs": dict(left.proofs), "disproved": {}}]


def _same(bench: BenchSession, cells: Sequence[pytest.Item]) -> dict[str, Any]:
    """Everything that decides a figure, flat, each under the name that a refusal says."""
    settings = {
        f"--{key.replace('_', '-')}": value
        for key, value in bench.settings.as_json().items()
        if key != "artifacts"  # where a folder lies moves nothing; what it holds is below
    }
    labels = [item.stash[CELL].label for item in cells]
    machine = {key: bench.machine[key] for key in MACHINE}
    gpu = bench.machine["gpu"] or {}
    made = {name: bench.artifacts.fingerprint(bench.catalog.get(name)) for name in bench.variants}
    found = {
        **settings,
        **machine,
        **{f"gpu {key}": gpu.get(key) for key in ("name", "driver")},
        **{f"the making of {name}": fingerprint[:16] for name, fingerprint in made.items()},
        "the text": _digest(corpus.content(bench.settings.text)),
        "the selected cells": f"{len(cells)}, {_digest(' '.join(sorted(labels)))}",
        "Weighbridge's code": bench.machine["harness"]["code"],
        "the suites' code": digest(sorted({item.path for item in cells})),
    }
    plain: dict[str, Any] = json.loads(json.dumps(found))
    return plain


def _refuse_another(path: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    differ = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    if not differ:
        return
    said = [
        f"{name} was {reprlib.repr(there.get(name))} and is {reprlib.repr(here.get(name))}"
        for name in differ[:MOST]
    ]
    more = f"; and {len(differ) - MOST} more" if len(differ) > MOST else ""
    raise Misuse(
        f"--resume: {path} is of another session: {'; '.join(said)}{more}; "
        "measure as it did, or drop --resume"
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
