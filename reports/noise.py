"""What an A/A says of a machine: how its noise divides, and the margins that it allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, expm1, log1p
from typing import TYPE_CHECKING, Any

from reports.blocks import block_ratios
from reports.pairs import Pair, Unit, control_ratios, ratios
from reports.policy import CONTROL as USUAL_CONTROL
from reports.policy import Policy, Rule
from reports.terms import Margin
from reports.verdict import SCREEN, SUSPECT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

PERSISTENT = 4.0
"""A margin is at least so many persistent standard deviations: no number of pairs averages those
out."""
RARE = 3.2
"""Standard errors of a screened mean from its bar. One cell in seven hundred is a false suspect,
and one variant's mean in ninety, for its spread is known from no more than the A/A's ten pairs
(Student's t of 9); each of the latter costs all of that variant's cells."""
LEAST, LEAST_TIER = 0.01, 0.005
STEP = 0.001
"""Margins are rounded up to it."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Standard deviations of log ratios, for one variant and metric."""

    variant: str
    metric: str
    block: float
    """From block to block inside a pair of processes."""
    pair: float
    """Of what a pair says of a cell: blocks and processes together."""
    process: float
    """Of the pair, without what its blocks explain."""
    persistent: float
    """From cell to cell after all pairs: what no repetition averages out."""
    margin: float
    """Suggested, as a share."""
    tier: float
    """The same for the geometric mean over the variant's cells."""


def fit(pairs: Sequence[Pair], units: Sequence[Unit]) -> list[Noise]:
    """One Noise for every variant and metric; `pairs` are of an A/A, all of them on every cell."""
    seen = ratios(pairs, units)
    groups: dict[tuple[str, str], list[int]] = {}
    for at, unit in enumerate(units):
        groups.setdefault((unit.variant, unit.metric), []).append(at)
    found = []
    for (variant, metric), members in groups.items():
        cells = [at for at in members if units[at].single]
        tiers = [at for at in members if not units[at].single]
        names = [units[at].cells[0] for at in cells]
        block, of_blocks = _block_noise(pairs, names, metric)
        pair, persistent = components(seen[cells])
        found.append(
            Noise(
                variant=variant,
                metric=metric,
                block=block,
                pair=pair,
                process=max(pair**2 - of_blocks**2, 0.0) ** 0.5,
                persistent=persistent,
                margin=suggested(seen[cells], LEAST),
                tier=suggested(seen[tiers], LEAST_TIER) if tiers else LEAST_TIER,
            )
        )
    return found


def components(seen: Array) -> tuple[float, float]:
    """Of log ratios (cells, pairs): the sd of a pair, and the sd that persists over pairs.

    By moments: the cells' means scatter around no change by the persistent variance and by the
    pairs' variance over their number.
    """
    pairs = seen.shape[-1]
    pair = float(seen.var(axis=-1, ddof=1).mean())
    persistent = float((seen.mean(axis=-1) ** 2).mean()) - pair / pairs
    return float(pair**0.5), float(max(persistent, 0.0) ** 0.5)


def suggested(seen: Array, least: float) -> float:
    """The margin at which an unchanged cell is rarely suspected and never called, as a share.

    The noisiest cells decide, not their mean: the bar lies beyond nearly every mean of as many
    pairs as the screening has.
    """
    import numpy

    pair, persistent = components(seen)
    screened = _screened_means(seen)
    beyond = max(RARE * pair / SCREEN**0.5, float(numpy.quantile(numpy.abs(screened), 0.995)))
    log_margin = max(PERSISTENT * persistent, beyond / SUSPECT, log1p(least))
    return ceil(round(expm1(log_margin) / STEP, 6)) * STEP


def fitted_policy(pairs: Sequence[Pair], noises: Sequence[Noise], policy: Policy) -> Policy:
    """`policy` with a rule for every variant and metric, and the control cell's margin."""
    rules = [
        Rule(
            number=number,
            patterns={"metric": noise.metric, "variant": noise.variant},
            changes={"margin": _share(noise.margin), "tier": _share(noise.tier)},
        )
        for number, noise in enumerate(noises, start=1)
    ]
    control = suggested(control_ratios(pairs)[None], USUAL_CONTROL.size)
    return Policy(path=policy.path, alpha=policy.alpha, control=_share(control), rules=tuple(rules))


def _screened_means(seen: Array) -> Array:
    """Of every two pairs of a cell that could have been its screening."""
    import numpy

    pairs = seen.shape[-1]
    one, other = numpy.triu_indices(pairs, k=1)
    means: Array = (seen[:, one] + seen[:, other]) / SCREEN
    return means


def _block_noise(pairs: Sequence[Pair], cells: Sequence[str], metric: str) -> tuple[float, float]:
    """The sd of a block, and of the mean over a pair's blocks."""
    import numpy

    variances, counts = [], []
    for pair in pairs:
        for cell in cells:
            turns = pair["cells"][cell][metric]
            blocks = block_ratios(numpy.array(turns["base"]), numpy.array(turns["head"]))
            if len(blocks) > 1:
                variances.append(float(blocks.var(ddof=1)))
                counts.append(len(blocks))
    if not variances:
        return 0.0, 0.0
    block = float(numpy.mean(variances))
    return block**0.5, (block / float(numpy.mean(counts))) ** 0.5


def _share(size: float) -> Margin:
    return Margin(round(size, 6), relative=True)
