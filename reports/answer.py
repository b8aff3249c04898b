"""The one sentence that a reader came for: which variant is fastest at no real loss of quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.columns import QUALITY, SPEED, Column
from reports.names import Name
from reports.roster import TEACHER
from reports.summary import Figure, Row, Summary
from reports.units import MISSING, figure, interval, number, ratio, ratio_places

BUDGET = 0.05
"""Nats per token that a variant may lose against its teacher."""

WITHIN = f"within +{BUDGET} nat/tok of the teacher"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A sentence and what it rests on; pieces that are a Name came with the run."""

    sentence: tuple[str, ...]
    detail: tuple[str, ...] = ()
    winner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A variant that may be the answer."""

    name: str
    speed: Figure
    loss: Figure
    within: bool | None
    """Whether it keeps to the budget; None where its interval straddles it or is not known."""

    @property
    def reach(self) -> float:
        """Its speed, for sorting."""
        return self.speed.value or 0.0


def answer(summary: Summary) -> Answer:
    """Name the fastest, or say why nobody can."""
    speed, loss = (_column(summary, key) for key in (SPEED, QUALITY))
    if speed is None:
        return _cannot("no decode speed was measured")
    if loss is None:
        return _cannot("no loss was measured, so no budget can be held")
    if not (speed.has_teacher and loss.has_teacher):
        return _cannot("no teacher was measured beside the variants")
    if any(row.simulated and row.name == TEACHER for row in summary.rows):
        return _cannot("the teacher itself is simulated")
    found = [_candidate(summary, row) for row in summary.rows]
    running = [one for one in found if one is not None and one.within is not False]
    return _judge(summary, running, others=sum(one is not None for one in found) - 1)


def _judge(summary: Summary, running: Sequence[Candidate], others: int) -> Answer:
    if others < 1:  # nobody, or only the teacher
        return _cannot("only the teacher has both a decode speed and a loss")
    best = max((one for one in running if one.within), key=lambda one: one.reach, default=None)
    if best is None:
        return _cannot("no variant is surely inside the budget")
    rivals = [one for one in running if one is not best and not _slower(one, best)]
    if rivals:
        return _open(best, rivals)
    if best.name == TEACHER:
        text = f"No variant is faster at decode than the teacher {WITHIN}."
        return Answer(sentence=(text,), detail=_notes(summary), winner=TEACHER)
    gain = best.speed.against
    said = ratio(gain.value, gain.low, gain.high) if gain else MISSING
    text = f" is the fastest at decode {WITHIN}: {said} its speed ({_ends(best.speed)}unpaired)."
    return Answer(sentence=(Name(best.name), text), detail=_detail(summary, best), winner=best.name)


def _column(summary: Summary, key: tuple[str, str]) -> Column | None:
    return summary.columns[summary.places[key]] if key in summary.places else None


def _candidate(summary: Summary, row: Row) -> Candidate | None:
    speed, loss = summary.figure(row, SPEED), summary.figure(row, QUALITY)
    if row.simulated or not speed or not loss or speed.value is None or loss.value is None:
        return None
    within = True if row.name == TEACHER else _within(loss)
    return Candidate(name=row.name, speed=speed, loss=loss, within=within)


def _within(loss: Figure) -> bool | None:
    gap = loss.against
    if gap is None or gap.low is None or gap.high is None:
        return None
    if gap.high <= BUDGET:
        return True
    return False if gap.low > BUDGET else None


def _slower(one: Candidate, best: Candidate) -> bool:
    high, low = one.speed.high, best.speed.low
    return high is not None and low is not None and high < low


def _cannot(reason: str) -> Answer:
    return Answer(sentence=(f"Which variant is fastest {WITHIN} cannot be told: {reason}.",))


def _open(best: Candidate, rivals: Sequence[Candidate]) -> Answer:
    names: list[str] = [Name(best.name)]
    for at, one in enumerate(rivals, start=1):
        names += [" and " if at == len(rivals) else ", ", Name(one.name)]
    unsure = [one.name for one in rivals if one.within is None]
    why = "their speeds, unpaired, do not part"
    if unsure:
        why += " or their loss straddles the budget" if len(unsure) < len(rivals) else ""
        why = "their loss is not surely inside the budget" if len(unsure) == len(rivals) else why
    text = f"Which variant is fastest at decode {WITHIN} cannot be told: "
    return Answer(sentence=(text, *names, f" stay in the running, as {why}."))


def _ends(speed: Figure) -> str:
    gain = speed.against
    if gain is None or gain.low is None or gain.high is None:
        return ""
    decimals = ratio_places(gain.low, gain.high)
    return f"{number(gain.low, decimals)} to {number(gain.high, decimals)}, "


def _notes(summary: Summary) -> tuple[str, ...]:
    speed = summary.columns[summary.places[SPEED]]
    return (f"Decode at {speed.workload}. Simulated variants do not compete.",)


def _detail(summary: Summary, best: Candidate) -> tuple[str, ...]:
    speed = summary.columns[summary.places[SPEED]]
    mine, gap = best.speed, best.loss.against
    parts = [
        f"Decode at {speed.workload}: {figure(mine.value, mine.low, mine.high, speed.scale)} "
        f"{speed.scale.unit} {interval(mine.low, mine.high, speed.scale)}"
    ]
    if gap:
        loss = summary.columns[summary.places[QUALITY]].scale
        parts.append(
            f"loss {figure(gap.value, gap.low, gap.high, loss, signed=True)} "
            f"{interval(gap.low, gap.high, loss)} {loss.unit}, paired by window"
        )
    return ("; ".join(parts) + ". Brackets are 95\N{NO-BREAK SPACE}% intervals.",)
