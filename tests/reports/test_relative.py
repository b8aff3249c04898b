"""Which paired ratio stands for which figure, and the right way round."""

import pytest

from bench.record import Record
from reports.gaps import refused, to_teacher
from reports.relative import gap_of
from tests.reports import believed, sample


def cell(data: sample.Json, suite: str, variant: str, load: str = "") -> Record:
    grid = f"-{load}" if load else ""
    return sample.run(data).by_cell[f"{suite}[{variant}{grid}]"]


@pytest.mark.parametrize(
    ("suite", "load", "metric", "ends"),
    [
        ("decode", "b1-p32-n16", "decode_rate", (1.80, 1.83, 1.86)),
        ("decode", "b1-p32-n16", "latency", (1 / 1.86, 1 / 1.83, 1 / 1.80)),
        # a prefill is the first token of any cell with the same batch and prompt
        ("prefill", "b1-p32", "first_token", (1 / 0.93, 1 / 0.915, 1 / 0.90)),
    ],
)
def test_times_are_turned_round(
    suite: str, load: str, metric: str, ends: tuple[float, float, float]
) -> None:
    data = believed.run_file()
    gap = to_teacher(sample.run(data), cell(data, suite, "int4", load), metric)
    assert gap is not None
    assert (gap.low, gap.value, gap.high) == pytest.approx(ends)
    assert gap.paired


def test_another_workload_stays_unpaired() -> None:
    data = believed.run_file()
    gap = to_teacher(sample.run(data), cell(data, "decode", "int4", "b8-p32-n16"), "decode_rate")
    assert gap is not None
    assert (gap.paired, gap.value) == (False, pytest.approx(2.06))


def test_a_comparison_is_not_compared_again() -> None:
    data = believed.run_file()
    quality = cell(data, "quality", "int4")
    for metric in ("loss_difference", "kl", "top1"):
        assert to_teacher(sample.run(data), quality, metric) is None
    assert gap_of(quality, "kl") is None


@pytest.mark.parametrize("what", ["recipe", "unit"])
def test_unlike_figures_are_refused_with_the_reason(what: str) -> None:
    data = sample.only("teacher", "int4")
    for entry in data["weighbridge"]["records"]:
        if entry["suite"] == "quality" and entry["variant"] == "int4":
            entry["values"]["loss"][what] = "other"
    run, quality = sample.run(data), cell(data, "quality", "int4")
    assert to_teacher(run, quality, "loss") is None
    assert str(refused(run, quality, "loss")).startswith(f"its {what} is other, the teacher's ")
    assert refused(run, cell(data, "quality", "teacher"), "loss") is None
