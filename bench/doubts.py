"""What makes timed figures doubtful, each with the reason that stands in the record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.record import Status
from bench.sampling import Plan
from bench.steady import ENOUGH, drifts

Doubt = tuple[Status, str]


def of_samples(samples: Sequence[float], cut: int, plan: Plan) -> Iterator[Doubt]:
    """Too few of them, or no steady state among them."""
    if len(samples) < ENOUGH:
        why = "--rounds" if plan.rounds is not None else f"the budget of {plan.budget:g} s"
        yield (
            "few_samples",
            f"{why} gave {len(samples)} of the {ENOUGH} samples that a narrow interval needs",
        )
    elif drifts(samples, cut, plan.precision):
        yield "no_steady_state", f"no steady state in {len(samples)} samples: they go on drifting"
