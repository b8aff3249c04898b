"""The one sentence that a reader came for: which variant is fastest at no real loss of quality."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.board import EVEN, NOTHING_LOST, Board, Line, board_of
from reports.contest import Against
from reports.doubts import CLOCKED
from reports.names import Name
from reports.roster import TEACHER
from reports.summary import Figure, Summary
from reports.topics import LOSS, SPEED
from reports.units import figure, interval, number, ratio, ratio_places

BUDGET = 0.05
"""Nats per token that a variant may lose against its teacher."""


def within(budget: float) -> str:
    """The budget as a sentence says it."""
    return f"within +{budget:g} nat/tok of the teacher"


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
    gain: Against
    """Its speed to the teacher's."""
    lost: Against
    """Its loss above the teacher's."""
    speed: Figure
    """Its own speed, if that was measured."""
    within: bool | None
    """Whether it keeps to the budget; None where its interval straddles it or is not known."""

    @property
    def doubt(self) -> str | None:
        """What puts it in doubt, so that it cannot win."""
        return self.gain.doubt or self.lost.doubt


def answer(summary: Summary, budget: float = BUDGET) -> Answer:
    """Name the fastest, or say why nobody can."""
    return answer_of(board_of(summary), budget)


def answer_of(board: Board, budget: float = BUDGET) -> Answer:
    """The same from a board that is laid out already."""
    reason = _hindrance(board)
    found = [one for line in board.lines if (one := _candidate(board, line, budget))]
    if reason is None and not found:
        reason = "only the teacher has both a decode speed and a loss"
    if reason is not None:
        return _cannot(reason, budget)
    return _judge(board, [*found, _teacher(board)], budget)


def _hindrance(board: Board) -> str | None:
    """Why no variant can be the answer, whatever the budget."""
    speed, loss = board.head(SPEED), board.head(LOSS)
    if speed is None:
        return "no decode speed was measured"
    if loss is None:
        return "no loss was measured, so no budget can be held"
    if any(line.row.simulated and line.row.name == TEACHER for line in board.lines):
        return "the teacher itself is simulated"
    if not speed.knows_teacher or not loss.knows_teacher:
        return "no teacher was measured beside the variants"
    return None


def _judge(board: Board, found: Sequence[Candidate], budget: float) -> Answer:
    running = [one for one in found if one.within is not False]
    sound = [one for one in running if one.within and not one.doubt]
    best = max(sound, key=lambda one: one.gain.value)
    rivals = [one for one in running if one is not best and not _slower(one, best)]
    if rivals:
        return _open(best, rivals, budget)
    if best.name == TEACHER:
        text = f"No variant is faster at decode than the teacher {within(budget)}."
        return Answer(sentence=(text,), detail=_notes(board), winner=TEACHER)
    gain = best.gain
    said = ratio(gain.value, gain.low, gain.high)
    ends = ", ".join(part for part in (_ends(gain), "" if gain.paired else "unpaired") if part)
    text = f" is the fastest at decode {within(budget)}: {said} its speed"
    text += f" ({ends})." if ends else "."
    return Answer(sentence=(Name(best.name), text), detail=_detail(board, best), winner=best.name)


def _candidate(board: Board, line: Line, budget: float) -> Candidate | None:
    gain, lost = board.gap(line, SPEED), board.gap(line, LOSS)
    if line.row.simulated or line.row.name == TEACHER or not gain or not lost:
        return None
    return Candidate(
        name=line.row.name,
        gain=gain,
        lost=lost,
        speed=_own_speed(board, line),
        within=_within(lost, budget),
    )


def _teacher(board: Board) -> Candidate:
    own = next((line for line in board.lines if line.row.name == TEACHER), None)
    speed = _own_speed(board, own) if own else Figure()
    return Candidate(name=TEACHER, gain=EVEN, lost=NOTHING_LOST, speed=speed, within=True)


def _own_speed(board: Board, line: Line) -> Figure:
    at, head = board.at(SPEED), board.head(SPEED)
    return line.items[at].figure if at is not None and head and head.figures else Figure()


def _within(gap: Against, budget: float) -> bool | None:
    if gap.low is None or gap.high is None:
        return None
    if gap.high <= budget:
        return True
    return False if gap.low > budget else None


def _slower(one: Candidate, best: Candidate) -> bool:
    """By their own ratios where both are paired, else by the speeds of which those were made.

    A time that a busy or throttled machine made too long tells of nobody that is slower.
    """
    if one.doubt in CLOCKED:
        return False
    mine, its = one.gain, best.gain
    if not (mine.paired and its.paired) and one.speed.value and best.speed.value:
        return _below(one.speed.high, best.speed.low)
    return _below(mine.high, its.low)


def _below(high: float | None, low: float | None) -> bool:
    return high is not None and low is not None and high < low


def _cannot(reason: str, budget: float) -> Answer:
    text = f"Which variant is fastest {within(budget)} cannot be told: {reason}."
    return Answer(sentence=(text,))


def _open(best: Candidate, rivals: Sequence[Candidate], budget: float) -> Answer:
    names: list[str] = [Name(best.name)]
    for at, one in enumerate(rivals, start=1):
        names += [" and " if at == len(rivals) else ", ", Name(one.name)]
    text = f"Which variant is fastest at decode {within(budget)} cannot be told: "
    why = " or ".join(_why(best, rivals))
    return Answer(sentence=(text, *names, f" stay in the running, as {why}."))


def _why(best: Candidate, rivals: Sequence[Candidate]) -> Iterator[str]:
    """Every reason that keeps one of the rivals in the running."""
    if found := dict.fromkeys(one.doubt.replace("_", " ") for one in rivals if one.doubt):
        yield f"figures are in doubt ({', '.join(found)})"
    rest = [one for one in rivals if not one.doubt]
    if any(one.within for one in rest):
        paired = best.gain.paired and all(one.gain.paired for one in rest)
        yield f"their speeds{'' if paired else ', unpaired,'} do not part"
    if any(one.within is None for one in rest):
        known = all(one.within is None for one in rest)
        yield (
            "their loss is not surely inside the budget"
            if known
            else "their loss straddles the budget"
        )


def _ends(gain: Against) -> str:
    if gain.low is None or gain.high is None:
        return ""
    decimals = ratio_places(gain.low, gain.high)
    return f"{number(gain.low, decimals)} to {number(gain.high, decimals)}"


def _notes(board: Board) -> tuple[str, ...]:
    head = board.head(SPEED)
    return (f"Decode at {head.workload if head else ''}. Simulated variants do not compete.",)


def _detail(board: Board, best: Candidate) -> tuple[str, ...]:
    speed, loss = board.head(SPEED), board.head(LOSS)
    mine, gap = best.speed, best.lost
    parts = [f"Decode at {speed.workload}" if speed else ""]
    if speed and speed.figures and mine.value is not None:
        scale = speed.figures.scale
        parts[0] += f": {figure(mine.value, mine.low, mine.high, scale)} {scale.unit}"
        parts[0] += f" {interval(mine.low, mine.high, scale)}".rstrip()
    if loss:
        scale = loss.column.scale
        parts.append(
            f"loss {figure(gap.value, gap.low, gap.high, scale, signed=True)} "
            f"{interval(gap.low, gap.high, scale)} {scale.unit}, paired"
        )
    return ("; ".join(parts) + ". Brackets are 95\N{NO-BREAK SPACE}% intervals.",)
