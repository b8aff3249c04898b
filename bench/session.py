"""One pytest session of ours: what was asked for, what was found out, and the run that it makes."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytest

from bench import text as texts
from bench.artifacts import Artifacts
from bench.catalog import Catalog
from bench.errors import MakeFailed
from bench.guard import refuse_shadows
from bench.limits import Limits, NoLimits, measure_limits
from bench.machine import describe, load_average
from bench.make import ChildMaker
from bench.record import SCHEMA, Record, to_json
from bench.screen import SCREEN, Screen, screen_of
from bench.settings import Settings
from bench.source import Source, origin_warning, resolve
from bench.text import Text
from bench.tokenizing import TOKENIZER, digest
from bench.tunable import plain
from bench.variant import TEACHER, Variant

RUN_FILE = pytest.StashKey[Path]()
"""The finished run file of this session, in `config.stash`."""
SESSION = pytest.StashKey["BenchSession"]()
"""The session's own state, where it has cells of ours."""


@dataclass
class BenchSession:
    """Everything that outlives a cell."""

    settings: Settings
    catalog: Catalog
    root: Path
    say: Callable[[str], None]
    screen: Callable[[], Screen | None] = lambda: None
    """The line on the terminal, where there is one."""
    records: dict[str, Record] = field(default_factory=dict)
    proofs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    disproved: dict[str, str] = field(default_factory=dict)
    """Variants that are not what their name says, and what they are instead."""
    unmade: dict[str, str] = field(default_factory=dict)
    limits: Limits | None = None
    """The machine's own, where a selected suite sets its cells against them."""
    busy: float | None = field(default_factory=load_average)
    """The machine's load when the session began."""
    command: Sequence[str] = ()
    """As it can be typed again."""
    variants: list[str] = field(default_factory=list)
    """Those selected, as the user or the ini file lists them."""
    order: list[str] = field(default_factory=list)
    """The cells, as they run."""
    resumed: list[str] = field(default_factory=list)
    """Those that were taken over from a session that broke off."""
    resumed_from: list[str] = field(default_factory=list)
    """When the sessions began that they were measured in."""
    proofs_before: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """What was proven there; no model of this session is taken for proven by it."""

    @cached_property
    def machine(self) -> dict[str, Any]:
        """What is measured on; looked at once, before our own files change the working tree."""
        return {
            **describe(self.settings.threads, self.root, self.settings.device),
            "load_before": self.busy,
        }

    @cached_property
    def source(self) -> Source:
        """The user's model, found and looked at."""
        return resolve(self.settings.teacher, self.catalog)

    @cached_property
    def artifacts(self) -> Artifacts:
        """Where its compressed forms are made."""
        wanted = self.settings
        maker = ChildMaker(wanted.packages, wanted.set, wanted.place, self.say, self.screen)
        return Artifacts(
            wanted.artifacts, self.catalog, self.source, maker, self.say, wanted.deterministic
        )

    @cached_property
    def teacher_folder(self) -> Path:
        """The teacher's own folder, which also holds the tokenizer."""
        return self.artifacts.folder(self.catalog.get("teacher"))

    @cached_property
    def text(self) -> Text:
        """The evaluation text in the teacher's tokens."""
        return texts.evaluation(self.settings, self.teacher_folder, self.source.positions)

    def text_for(self, folder: Path) -> Text:
        """The same text in the tokens of the tokenizer in `folder`, where that is another."""
        if digest(folder) in (None, self.text.tokenizer):
            return self.text
        return texts.evaluation(self.settings, folder, self.source.positions, foreign=True)

    def check_before_making(self) -> None:
        """Everything that can be refused before something slow has started. Raises Misuse."""
        texts.check(self.settings)
        if (self.source.path / TOKENIZER).is_file():
            texts.evaluation(self.settings, self.source.path, self.source.positions)
        self.artifacts.check_writable()

    def make(self, variants: Iterable[Variant]) -> None:
        """Make what is missing; what cannot be made fails its own cells, not the session."""
        _ = self.text  # a text that is too short is refused before the first slow recipe
        for variant in variants:
            try:
                self.artifacts.folder(variant)
            except MakeFailed as error:
                self.unmade[variant.name] = str(error)
                self.say(str(error))

    def find_limits(self) -> None:
        """Measure the machine's own limits, as the teacher says; before the first cell."""
        self.say("measuring what this machine can read and multiply at most")
        try:
            module = self.catalog.get(TEACHER).limits
            self.limits = measure_limits(module, self.settings.place)
        except NoLimits as error:
            self.say(f"the machine's limits could not be measured: {error}")

    def folder(self, variant: Variant) -> Path:
        """The made folder of a variant. Raises MakeFailed where making it failed."""
        if variant.name in self.unmade:
            raise MakeFailed(self.unmade[variant.name])
        return self.artifacts.folder(variant)

    def note(self, record: Record) -> None:
        """Keep a cell's record; a worse status is never overwritten by a better one."""
        known = self.records.get(record.cell)
        if known is None or known.figured:
            self.records[record.cell] = record

    def final(self, record: Record) -> Record:
        """`record` as it is published: with its proof, or without figures where that failed."""
        why = self.disproved.get(record.variant)
        before, proof = self.proofs_before.get(record.variant, {}), self._proof(record.variant)
        if not why and not proof:
            why = f"{record.variant} was never proven to be what its name says"
        if why and record.figured:
            return replace(record, status="proof_failed", message=why, values={}, facts={})
        warnings = [*record.warnings, *self._teachers_warnings()]
        if record.cell in self.resumed and before and proof != before:
            warnings.append(
                "measured in a session that broke off, where its variant's proof was another"
            )
        return replace(record, proof=proof, warnings=tuple(dict.fromkeys(warnings)))

    def _proof(self, variant: str) -> Mapping[str, Any]:
        return self.proofs.get(variant) or self.proofs_before.get(variant, {})

    def _teachers_warnings(self) -> list[str]:
        """What holds of every row, as the teacher is what they are set against."""
        found = vars(self).get("teacher_folder")  # asking for it would make the teacher
        return [warning] if found and (warning := origin_warning(found)) else []

    def document(self, clocked: Iterable[str]) -> dict[str, Any]:
        """Ours in the run file; cells named in `clocked` stand in pytest-benchmark's rows."""
        rows = set(clocked)
        rest = [self.final(r) for cell, r in self.records.items() if cell not in rows]
        variants = self._variants()
        settings = {
            **self.settings.as_json(),
            "teacher_content": self.artifacts.source_digest if variants else None,
            "command": self.command,
            "order": self.order,
            "resumed": len(self.resumed),
            "resumed_from": self.resumed_from,
        }
        return {
            "schema": SCHEMA,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {**self.machine, "limits": self.limits},
            "settings": settings,
            "text": self._text(),
            "variants": variants,
            "records": [to_json(r) for r in rest if r.figured],
            "absent": [to_json(r) for r in rest if not r.figured],
        }

    def _text(self) -> dict[str, Any]:
        known: Text | None = vars(self).get("text")  # asking for it would make the teacher
        return known.describe() if known else {}

    def _variants(self) -> dict[str, Any]:
        found = {}
        measured = {record.variant for record in self.records.values()}
        for name in (name for name in self.variants if name in measured):
            variant = self.catalog.get(name)
            proof = self._proof(name)
            found[name] = {
                "summary": variant.summary,
                "base": variant.base,
                "fingerprint": self.artifacts.fingerprint(variant),
                "simulated": bool(proof.get("simulated", False)),
                "options": plain(variant.options),
            }
        return found


def session_of(config: pytest.Config) -> BenchSession:
    """The session's state, made when the first cell asks for it. Raises BenchError."""
    if SESSION not in config.stash:
        refuse_shadows()
        settings = Settings.resolve(
            lambda name: config.getoption(f"bench_{name}"), lambda key: config.getini(key)
        )
        root = str(config.rootpath)
        if root not in sys.path:  # where the packages of `bench_variants` are looked for
            sys.path.append(root)
        config.stash[SESSION] = BenchSession(
            settings=settings,
            catalog=Catalog.of(settings.packages, settings.set),
            root=config.rootpath,
            say=teller(config),
            screen=partial(screen_of, config),
            command=["pytest", *map(str, config.invocation_params.args)],
        )
    return config.stash[SESSION]


def teller(config: pytest.Config) -> Callable[[str], None]:
    """Prints a line through pytest's own terminal, if it has one."""

    def say(line: str) -> None:
        # looked up here: the session may be made before the terminal is
        if screen := config.stash.get(SCREEN, None):
            screen.clear()
        if terminal := config.pluginmanager.getplugin("terminalreporter"):
            terminal.ensure_newline()
            for part in folded(line, config.get_terminal_writer().fullwidth, terminal.isatty):
                terminal.write_line(part)

    return say


def folded(text: str, width: int, watched: bool) -> list[str]:
    """On words, as a terminal would not; a log's reader searches for whole lines."""
    if not watched:
        return [text]
    lines = (textwrap.wrap(line, width, break_on_hyphens=False) for line in text.splitlines())
    return [part for line in lines for part in line]
