"""Invented runs of any size: a teacher and its variants on a grid, with samples as real ones."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from tests.reports import believed, sample
from tests.reports.sample import Json

BATCHES, PROMPTS = (1, 2, 4, 8, 16), (64, 128, 256, 512, 1024)
SAMPLES = 64
NAMES = (
    "teacher", "int8-weight", "int8-w8a8", "int4-awq-g128", "int4-gptq-g64", "int4-rtn",
    "pruned-2:4", "pruned-depth-25", "student-0.5B", "flash", "onnx-fp16", "half",
)  # fmt: skip
SPEEDS = (1.0, 1.30, 1.56, 2.06, 1.93, 2.08, 1.17, 1.28, 2.87, 1.09, 0.94, 1.1)
LOSSES = (0.0, 0.011, 0.034, 0.062, 0.055, 0.193, 0.145, 0.21, 0.342, 0.0, 0.001, 0.0005)
SIZES = (1.0, 0.52, 0.52, 0.29, 0.31, 0.28, 0.62, 0.77, 0.21, 1.0, 1.02, 0.5)
RATE, BYTES, WATTS = 400.0, 2.4e9, 0.03
WINDOWS = 24
LOSS = 2.9


def run_file(cells: int = 48, hostile: str = "") -> Json:
    """About so many cells of decode, and the quality, size and memory of every variant.

    `hostile` is the name of one more variant.
    """
    dice = random.Random(cells)
    names = _names(cells) + ([hostile] if hostile else [])
    grid = _grid(-(-cells // len(names)))
    about = {name: _about(at) for at, name in enumerate(names)}
    found = [cell for name in names for cell in _variant(name, about[name], grid, dice)]
    timed = [cell for cell in found if cell["suite"] == "decode"][:cells]
    rest = [cell for cell in found if cell["suite"] != "decode"]
    _spoil(timed)
    data = sample.document([*timed, *rest])
    data["weighbridge"]["settings"]["teacher"] = "tiny-llm-1.2B"
    return data


def _names(cells: int) -> list[str]:
    """A teacher and eleven variants; twenty rows where there are hundreds of cells."""
    more = [f"{name}-v2" for name in NAMES[1:9]]
    return [*NAMES, *more] if cells > 100 else list(NAMES)


def _grid(points: int) -> list[tuple[int, int, int]]:
    """Batch, prompt and new tokens; longer answers where batch and prompt do not suffice."""
    new = (16 * (at + 1) for at in range(points))
    side = min(len(PROMPTS), math.ceil(math.sqrt(points)))
    whole = ((b, p, n) for n in new for b in BATCHES[:side] for p in PROMPTS[:side])
    return [load for load, _ in zip(whole, range(points), strict=False)]


def _about(at: int) -> tuple[float, float, float]:
    """Speed, loss and size, relative to the teacher's."""
    one = at % len(NAMES)
    shift = 1 + 0.07 * (at // len(NAMES))
    return SPEEDS[one] * shift, LOSSES[one] * shift, SIZES[one] / shift


def _variant(
    name: str,
    about: tuple[float, float, float],
    grid: Sequence[tuple[int, int, int]],
    dice: random.Random,
) -> Iterator[Json]:
    speed, lost, size = about
    for load in grid:
        yield _decode(name, load, RATE * speed * load[0] ** 0.8 * (64 / load[1]) ** 0.1, dice)
    if name != "teacher":
        yield believed.speedup(name, speed * 1.002, 0.015)
    yield _quality(name, lost, dice)
    yield sample.record("load", name, disk_bytes=sample.value("disk_bytes", BYTES * size))
    memory = BYTES * (0.3 + size)
    yield sample.record("memory", name, peak_host=sample.value("peak_host", memory, memory / 60))


def _decode(name: str, load: tuple[int, int, int], rate: float, dice: random.Random) -> Json:
    """A cell with every figure of the decode suite, each with its samples."""
    rate *= math.exp(dice.gauss(0, 0.02))
    rates = [rate * math.exp(-abs(dice.gauss(0, 0.015))) for _ in range(SAMPLES)]
    seconds = [load[0] * load[2] / one for one in rates]
    kinds = {
        "latency": ("s", "lower", seconds),
        "time_per_token": ("s", "lower", [load[0] / one for one in rates]),
        "decode_rate": ("tok/s", "higher", rates),
        "decode_rate_per_user": ("tok/s", "higher", [one / load[0] for one in rates]),
        "energy_per_token": ("J", "lower", [WATTS * RATE / one for one in rates]),
        "bandwidth_share": ("1", "higher", [one / RATE / 4 for one in rates]),
    }
    values = {key: _value(unit, better, found) for key, (unit, better, found) in kinds.items()}
    facts = {**believed.facts(), "roofline": {"read_bandwidth": 30e9, "bytes_per_step": 4e6}}
    return {**sample.record("decode", name, load, **values), "facts": facts}


def _value(unit: str, better: str, samples: list[float]) -> Json:
    middle = sorted(samples)[len(samples) // 2]
    half = 0.004 * middle
    return {
        "value": middle,
        "unit": unit,
        "kind": "timing",
        "better": better,
        "low": middle - half,
        "high": middle + half,
        "samples": samples,
        "weights": [],
        "recipe": None,
        "estimator": "median",
        "cut": 0,
    }


def _quality(name: str, lost: float, dice: random.Random) -> Json:
    windows = [LOSS + 0.3 * math.sin(at) + lost for at in range(WINDOWS)]
    gap = believed.value("loss_difference", lost, 0.004 + lost * 0.12)
    return sample.record(
        "quality",
        name,
        loss=sample.value("loss", LOSS + lost, 0.1, windows),
        loss_difference=gap,
        kl=believed.value("kl", lost * 1.4 + 0.0002, 0.0001 + lost * 0.05),
        top1=believed.value("top1", 1 - lost * 0.8, 0.004),
    )


def _spoil(cells: list[Json]) -> None:
    """Two failures and two doubts, as a real run has them."""
    for at, status, message in (
        (-1, "out_of_memory", "the process was killed at 7.9 GB"),
        (-2, "failed", "RuntimeError: no kernel for this shape"),
    ):
        cells[at].update(status=status, message=message, values={}, proof={}, facts={})
    for at in (len(cells) // 2, len(cells) // 3):
        cells[at].update(status="no_steady_state", message="the samples go on drifting")
