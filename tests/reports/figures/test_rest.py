"""The smaller figures: roofline, stages of a chain, steps of a distillation, forest, dots."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.contest import Against
from reports.figures import dots, forest, roofline, stages, steps
from reports.figures.axes import round_ticks
from tests.reports import believed, sample
from tests.reports.sample import Json


def decode(name: str, batch: int, share: float) -> Json:
    figure = believed.value("bandwidth_share", share, 0.01)
    facts = {"roofline": {"read_bandwidth": 30e9, "bytes_per_step": 1e6}}
    return {
        **sample.record("decode", name, (batch, 32, 16), bandwidth_share=figure),
        "facts": facts,
    }


def test_bars_are_of_the_smallest_workload_that_most_have() -> None:
    cells = [decode("teacher", 4, 0.5), decode("a", 4, 1.3), decode("a", 1, 0.4)]
    (roof,) = roofline.roofs(sample.run(sample.document(cells)))
    assert str(roof.workload) == "b4-p32-n16"
    assert [(bar.variant, bar.share, bar.limit) for bar in roof.bars] == [
        ("teacher", 0.5, "30.00 GB/s"), ("a", 1.3, "30.00 GB/s"),
    ]  # fmt: skip


def test_the_whole_limit_has_its_mark_and_more_goes_beyond_it() -> None:
    widths = [
        float(
            re.findall(r'class="fill" y="3" width="([\d.]+)"', roofline.bar(share, None, None))[0]
        )
        for share in (0.0, 0.5, 1.0, 1.25, 9.0)
    ]
    assert widths == [0.0, 144.0, 288.0, 360.0, 360.0]


def test_no_share_no_figure() -> None:
    assert roofline.roofs(sample.run()) == []


def sized(**sizes: tuple[float, str | None]) -> Json:
    data = sample.document(
        [sample.record("load", name, disk_bytes=sample.value("disk_bytes", size))
         for name, (size, _) in sizes.items()]
    )  # fmt: skip
    for name, (_, base) in sizes.items():
        data["weighbridge"]["variants"][name]["base"] = base
    return data


def test_a_chain_is_drawn_from_its_first_base_to_its_end() -> None:
    data = sized(
        teacher=(100.0, None), thin=(60.0, "teacher"), last=(15.0, "thin"), int8=(25.0, "teacher")
    )
    (chain,) = stages.chains(sample.run(data))
    assert [(stage.variant, stage.size, stage.share) for stage in chain] == [
        ("teacher", 100.0, None), ("thin", 60.0, 0.6), ("last", 15.0, 0.15),
    ]  # fmt: skip


def test_a_stage_of_unknown_size_or_a_circle_is_no_chain() -> None:
    data = sized(teacher=(100.0, None), thin=(60.0, "teacher"), last=(15.0, "thin"))
    data["weighbridge"]["records"] = data["weighbridge"]["records"][:2]
    assert stages.chains(sample.run(data)) == []
    round_about = sized(a=(1.0, "c"), b=(1.0, "a"), c=(1.0, "b"))
    assert stages.chains(sample.run(round_about)) == []


def checkpoint(name: str, loss: float, recipe: str | None = None) -> Json:
    gap = {**believed.value("loss_difference", loss, 0.1), "recipe": recipe}
    return sample.record("quality", name, loss_difference=gap)


def test_checkpoints_are_drawn_by_their_steps() -> None:
    cells = [checkpoint(f"student.{step}", 300 / step) for step in (1000, 200, 400)]
    (course,) = steps.courses(sample.run(sample.document([*cells, checkpoint("student", 0.1)])))
    assert course.student == "student"
    assert [step.step for step in course.steps] == [200, 400, 1000]
    assert course.steps[0].said == "step 200: 1.50 [1.40, 1.60]"
    assert course.svg.count("<circle") == 3


@pytest.mark.parametrize(
    "cells",
    [
        [checkpoint("student.200", 1.0)],
        [checkpoint("student.200", 1.0, "a"), checkpoint("student.400", 1.0, "b")],
        [checkpoint("student", 1.0), checkpoint("other", 1.0)],
    ],
)
def test_one_checkpoint_or_two_recipes_are_no_course(cells: list[Json]) -> None:
    assert steps.courses(sample.run(sample.document(cells))) == []


def gap(value: float, low: float, high: float) -> Against:
    return Against(value=value, low=low, high=high, verdict="better")


def test_a_forest_has_one_scale_around_the_teacher() -> None:
    one, other = gap(2.0, 1.9, 2.1), gap(0.5, 0.4, 0.6)
    span = forest.span_of([one, other, None])
    assert span == pytest.approx(1.3219, abs=1e-4)  # log2 of 1 / 0.4
    spots = [float(re.findall(r'cx="([\d.]+)"', forest.forest(g, span))[0]) for g in (one, other)]
    assert spots[0] - forest.WIDTH / 2 == pytest.approx(forest.WIDTH / 2 - spots[1], abs=0.11)
    assert "circle" not in forest.forest(None, span)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 9))
def test_round_ticks_lie_between_the_ends(low: float, wide: float, most: int) -> None:
    high = low + wide
    ticks = round_ticks(low, high, most)
    assert len(ticks) <= most + 1
    assert all(low - 1e-6 * wide <= tick <= high for tick in ticks)
    assert ticks == sorted(ticks)


def test_round_ticks_are_round() -> None:
    assert round_ticks(0.15, 1.05, 4) == pytest.approx([0.5, 1.0])
    assert round_ticks(0, 100, 5) == [0, 20, 40, 60, 80, 100]


def test_all_samples_are_in_one_path() -> None:
    samples = [1 + 0.001 * at for at in range(60)]
    data = sample.document(
        [sample.record("load", "a", ready=sample.value("ready", 1.03, 0.01, samples))]
    )
    strip = dots.strip(sample.run(data).records[0].values["ready"], 0.05)
    assert strip.count("<path") == 2  # the interval's bar and the dots
    assert strip.count("h0") == 60
    assert 'aria-label="60 samples"' in strip
