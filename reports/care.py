"""What a reader must know before believing a page: failures, simulations, warnings, pairing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bench.record import Record, Run
from reports.cautions import Note, cautions
from reports.names import Name
from reports.relative import DIFFERENCE, SPEEDUP
from reports.roster import TEACHER, measured, simulated, variant_names
from reports.units import number

FAILURES = ("failed", "crashed", "out_of_memory", "unsupported", "proof_failed")


def absent(run: Run) -> list[Record]:
    """The cells without figures, failures first."""
    gone = [record for record in run.records if not record.figured]
    return sorted(gone, key=lambda record: record.status not in FAILURES)


def notes(run: Run) -> list[Note]:
    """Every caution that this run calls for."""
    return [*_counts(run), *_kinds(run), *_busy(run), *_pairing(run), *cautions(run)]


def listing(names: Sequence[str]) -> Note:
    """`a, b and c`, each a Name."""
    pieces: list[str] = []
    for at, name in enumerate(names):
        pieces += [" and " if at == len(names) - 1 else ", "] if at else []
        pieces.append(Name(name))
    return tuple(pieces)


def cells(count: int) -> str:
    """`1 cell`, `2 cells`."""
    return f"{count} cell{'' if count == 1 else 's'}"


def _counts(run: Run) -> Iterator[Note]:
    counts = Counter(record.status for record in absent(run))
    for status, count in counts.items():
        yield (f"{cells(count)} {status.replace('_', ' ')}: no figure stands in for what is gone.",)
    if not any(measured(run)):
        yield ("Nothing was measured.",)


def _kinds(run: Run) -> Iterator[Note]:
    found = [name for name in variant_names(run) if simulated(run, name)]
    if found:
        verb = "is" if len(found) == 1 else "are"
        yield (*listing(found), f" {verb} simulated: the speed is not that of a deployment.")
    few = sum(
        value.kind == "timing" and value.value is not None and value.low is None
        for record in measured(run)
        for value in record.values.values()
    )
    if few:
        have = "figure has" if few == 1 else "figures have"
        yield (f"{few} {have} too few samples for an interval.",)
    if run.machine.get("dirty"):
        yield ("The working tree had changes that no commit holds.",)


def machine_warnings(run: Run) -> Iterator[str]:
    """What the machine did that spoils every figure of the session."""
    load, cores = (run.machine.get(key) for key in ("load_before", "cores"))
    if not isinstance(load, int | float) or not isinstance(cores, int):
        return
    if load > cores / 2:
        yield (
            f"The machine was busy when the session began (load {number(load, 1)} on {cores} "
            f"core{'' if cores == 1 else 's'}): times are too long, and their intervals do not "
            "know it."
        )


def _busy(run: Run) -> Iterator[Note]:
    return ((warning,) for warning in machine_warnings(run))


def _pairing(run: Run) -> Iterator[Note]:
    paired = any(record.suite == SPEEDUP for record in measured(run))
    if paired:
        yield ("Speed-ups are paired: variant and teacher were measured in turns in one process.",)
    if any(record.variant == TEACHER for record in measured(run)):
        yield (
            f"{'Other ratios' if paired else 'Ratios'} to the teacher are unpaired: the two were "
            "measured one after the other. Their intervals hold every ratio that the two "
            "figures' own intervals allow.",
        )
    elif not paired and not _has_difference(run):
        yield ("No teacher was measured, so nothing is set against it.",)


def _has_difference(run: Run) -> bool:
    return any(DIFFERENCE in record.values for record in measured(run))
