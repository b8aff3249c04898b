"""The runs of a comparison, and what each variant's cells come to, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reports.columns import FIRST, GAIN, HEADLINE, KL, SPEED, TOP1
from reports.comparison import Comparison, Named
from reports.hardware import hardware_name
from reports.names import sentence, visible
from reports.sheet import Entry, Sheet, names_of, short
from reports.tallies import Tally
from reports.wording import mean_words, metric_words, parts

SHOWN = (*HEADLINE, GAIN, KL, TOP1)
"""The suites and metrics that stand for a variant; the others are in the JSON."""
PACES = (SPEED, FIRST)
"""Those that say whether a variant pays on one machine as it does on another."""


def runs_sheet(comparison: Comparison) -> Sheet:
    first, *others = comparison.runs
    rows = [_run(first, "the others are set against it")]
    for named, pair in zip(others, comparison.pairs, strict=True):
        said = "the same kind of machine"
        if pair.why:
            said = f"incomparable: {sentence(pair.why)}"
        elif pair.hardware:
            said = f"another machine: {sentence(pair.hardware)}"
        notes = f"; {sentence('; '.join(pair.notes))}" if pair.notes else ""
        rows.append(_run(named, said + notes))
    return Sheet("runs", ("run", "machine", "date", f"against {short(first.name)}"), tuple(rows))


def _run(named: Named, said: str) -> tuple[Entry, ...]:
    machine, date = visible(hardware_name(named.run.machine)), visible(named.run.date[:16], 16)
    return tuple(map(Entry, (short(named.name), machine, date, said)))


def variants_sheet(comparison: Comparison, to_teachers: bool = True) -> Sheet:
    """Means over each variant's cells; across machines with the ratios that they are of."""
    first, *others = names_of(comparison)
    live = [at for at, pair in enumerate(comparison.pairs) if not pair.why]
    own = [] if comparison.one_machine or not to_teachers else [0, *(at + 1 for at in live)]
    heads = ["variant", "figure", "cells"]
    heads += [f"{name}: to its teacher" for name in (first, *others)] if own else []
    heads += [f"{name} against {first}" for name in others]
    rows = [_variant(tally, own, live) for tally in ranked(comparison.tallies)]
    return Sheet("by variant", tuple(heads), tuple(rows))


def ranked(found: Iterable[Tally]) -> list[Tally]:
    """Those that stand for a variant, by figure."""
    order = {key: at for at, key in enumerate(SHOWN)}
    kept = [tally for tally in found if (tally.suite, tally.metric) in order]
    return sorted(kept, key=lambda tally: order[tally.suite, tally.metric])


def _variant(tally: Tally, own: Sequence[int], live: Sequence[int]) -> tuple[Entry, ...]:
    counts = {mean.cells for mean in tally.changes if mean}
    cells = "–".join(str(count) for count in sorted({min(counts), max(counts)}))
    fields = [visible(tally.variant, 32), metric_words(tally.metric, tally.value), cells]
    fields += [mean_words(tally, tally.own[at]) for at in own if tally.own]
    fields += [mean_words(tally, tally.changes[at]) for at in live]
    return tuple(map(Entry, fields))


def pays(comparison: Comparison) -> Iterator[str]:
    """The interaction of machine and variant, where it is sure."""
    for tally in comparison.tallies:
        yield from pays_of(comparison, tally)


def pays_of(comparison: Comparison, tally: Tally) -> Iterator[str]:
    """The same of one variant's figure."""
    if (tally.suite, tally.metric) not in PACES or not tally.own:
        return
    for at, (pair, mean) in enumerate(zip(comparison.pairs, tally.changes, strict=True), 1):
        if pair.hardware and mean and not mean.doubt and parts(mean):
            here, there = tally.own[0], tally.own[at]
            yield (
                f"{visible(tally.variant, 32)} {visible(tally.metric, 32)}: "
                f"{mean_words(tally, here)} on {short(pair.against)}, "
                f"{mean_words(tally, there)} on {short(pair.name)}."
            )
