"""What a comparison says in a glyph and a word, and how often each is said of a variant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bench.record import Record, Run, Value
from reports.care import FAILURES
from reports.contest import Against
from reports.doubts import MARK
from reports.roster import TEACHER, imitated

TIMES_TOO = ("s", "tok/s")
"""Units of metrics whose better is faster."""


@dataclass(frozen=True)
class Verdict:
    """A glyph and a word; `kind` is how a page colours and filters it."""

    kind: str
    glyph: str
    word: str


BETTER = Verdict("better", "\N{BLACK UP-POINTING TRIANGLE}", "better")
WORSE = Verdict("worse", "\N{BLACK DOWN-POINTING TRIANGLE}", "worse")
FASTER = Verdict("better", BETTER.glyph, "faster")
SLOWER = Verdict("worse", WORSE.glyph, "slower")
SAME = Verdict("same", "\N{ALMOST EQUAL TO}", "no difference")
OPEN = Verdict("open", "\N{EN DASH}", "no interval")
DOUBT = Verdict("doubt", MARK, "in doubt")
IMITATED = Verdict("open", "~", "simulated")
FAILED = Verdict("failed", "\N{MULTIPLICATION X}", "failed")
NONE = Verdict("none", "", "")
BASE = Verdict("none", "\N{BLACK DIAMOND}", "teacher")
KINDS = {
    "better": "\N{BLACK UP-POINTING TRIANGLE} better or faster",
    "worse": "\N{BLACK DOWN-POINTING TRIANGLE} worse or slower",
    "same": "\N{ALMOST EQUAL TO} no difference",
    "doubt": f"{MARK} in doubt",
    "open": "\N{EN DASH} cannot be told",
}
"""What a reader may filter by."""


def verdict_of(run: Run, record: Record, metric: str, gap: Against | None) -> Verdict:
    """What a cell's figure says against the teacher's."""
    value = record.values[metric]
    if record.variant == TEACHER:
        return BASE
    if gap is None:
        return NONE
    if gap.doubt:
        return DOUBT
    if imitated(run, record.variant, value):
        return IMITATED
    return _plain(gap, value, is_time(metric, value))


def is_time(metric: str, value: Value) -> bool:
    """Whether better means faster."""
    return value.unit in TIMES_TOO or metric.endswith("_speedup")


def _plain(gap: Against, value: Value, time: bool) -> Verdict:
    if gap.verdict == "better":
        return FASTER if time else BETTER
    if gap.verdict == "worse":
        return SLOWER if time else WORSE
    known = value.kind == "exact" or (gap.low is not None and gap.high is not None)
    return SAME if known else OPEN


def in_short(verdicts: Iterable[Verdict]) -> str:
    """How many cells are in doubt or show no difference, in a sentence; nothing where none is."""
    counts = Counter(verdict.kind for verdict in verdicts)
    compared = sum(counts[kind] for kind in KINDS)
    parts = []
    if counts["doubt"]:
        parts.append(f"{counts['doubt']} of {compared} comparisons with the teacher are in doubt")
    if counts["same"]:
        parts.append(f"{counts['same']} of {compared} cells show no difference from the teacher")
    return f"{' and '.join(parts)}." if parts else ""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How often each is said of one variant's cells."""

    counts: Counter[str]
    failed: int
    skipped: int

    @property
    def said(self) -> list[Verdict]:
        """A verdict each, its word with the count: `3 better`."""
        kinds = {one.kind: one for one in (BETTER, WORSE, SAME, DOUBT, OPEN)}
        words = {"open": "open"}
        found = [
            Verdict(kind, one.glyph, f"{self.counts[kind]} {words.get(kind, one.word)}")
            for kind, one in kinds.items()
            if self.counts[kind]
        ]
        if self.failed:
            found.append(Verdict(FAILED.kind, FAILED.glyph, f"{self.failed} failed"))
        if self.skipped:
            found.append(Verdict("none", "\N{EN DASH}", f"{self.skipped} skipped"))
        return found


def tallies(run: Run, found: Iterable[tuple[Record, Verdict]]) -> dict[str, Tally]:
    """By variant; `found`: each measured cell with what its leading figure says."""
    counts: dict[str, Counter[str]] = {}
    for record, verdict in found:
        counts.setdefault(record.variant, Counter())[verdict.kind] += 1
    failed = Counter(r.variant for r in run.records if r.status in FAILURES)
    skipped = Counter(r.variant for r in run.records if r.status == "skipped")
    return {
        name: Tally(counts=counts.get(name, Counter()), failed=failed[name], skipped=skipped[name])
        for name in {*counts, *failed, *skipped}
    }
