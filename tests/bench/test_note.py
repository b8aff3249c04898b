"""What a suite says becomes a value that can be worked out again."""

import pytest

from bench.cell import Cell
from bench.estimators import ESTIMATORS
from bench.metrics.memory import peak_host
from bench.metrics.quality import loss
from bench.metrics.size import disk_bytes
from bench.metrics.speed import latency
from bench.note import Note
from bench.steady import ENOUGH, few_interval


def cell() -> Cell:
    return Cell("decode", "int4", None)


def test_exact_values_have_no_interval() -> None:
    found = cell()
    Note(found).exact(disk_bytes, 12)
    value = found.values["disk_bytes"]
    assert (value.value, value.unit, value.low, value.high, value.samples) == (
        12, "B", None, None, (),
    )  # fmt: skip
    Note(found).exact(disk_bytes, None)
    assert found.values["disk_bytes"].value is None


def test_samples_give_a_median_between_its_ends() -> None:
    found = cell()
    Note(found).samples(latency, [3.0, 1.0, 2.0, 4.0, 5.0, 9.0, 6.0])
    value = found.values["latency"]
    assert value.value == 4.0
    assert value.estimator == "median_few"
    assert (value.low, value.high) == few_interval([3.0, 1.0, 2.0, 4.0, 5.0, 9.0, 6.0])
    assert value.samples == (3.0, 1.0, 2.0, 4.0, 5.0, 9.0, 6.0)


def test_bytes_of_one_process_are_as_wide_as_those_of_several() -> None:
    found = cell()
    Note(found).resident(peak_host, [50e6] * 5)
    value = found.values["peak_host"]
    assert (value.value, value.low, value.high) == (50e6, 48e6, 52e6)
    Note(found).resident(peak_host, [49e6, 50e6, 51e6, 50e6, 52e6])
    value = found.values["peak_host"]
    low, high = few_interval([49e6, 50e6, 51e6, 50e6, 52e6]) or (0, 0)
    assert value.value == 50e6
    assert value.low is not None
    assert value.high is not None
    assert (50e6 - value.low) ** 2 == pytest.approx((50e6 - low) ** 2 + 2e6**2)
    assert (value.high - 50e6) ** 2 == pytest.approx((high - 50e6) ** 2 + 2e6**2)
    Note(found).resident(peak_host, [50e6])
    value = found.values["peak_host"]
    assert (value.value, value.low, value.high) == (50e6, None, None)
    Note(found).resident(peak_host, [])
    assert found.values["peak_host"].value is None


def test_no_samples_are_no_zero() -> None:
    found = cell()
    Note(found).samples(latency, [])
    assert found.values["latency"].value is None


def test_blocks_keep_their_weights_and_recipe() -> None:
    found = cell()
    value = Note(found).blocks(loss, [2.0, 4.0], [3, 1], "w64")
    assert value == found.values["loss"]
    assert (value.value, value.samples, value.weights) == (2.5, (2.0, 4.0), (3, 1))
    assert value.recipe == "w64"


@pytest.mark.parametrize(("count", "name"), [(ENOUGH - 1, "median_few"), (ENOUGH, "median")])
def test_a_value_names_what_gives_it_again(count: int, name: str) -> None:
    found = cell()
    samples = [9.0] + [1.0 + 0.01 * ((at * 7) % 5) for at in range(count - 1)]
    Note(found).samples(latency, samples, cut=1)
    value = found.values["latency"]
    assert (value.estimator, value.cut) == (name, 1)
    again, interval = ESTIMATORS[name](value.samples[value.cut :], value.weights)
    assert (value.value, (value.low, value.high)) == (again, interval)


def test_doubts_warnings_and_facts_go_into_the_cell() -> None:
    found = cell()
    note = Note(found)
    note.doubt("busy", "first")
    note.doubt("busy", "second")
    note.warn("careful")
    note.fact("sampling", {"laps": 3})
    assert (found.doubts, found.warnings) == ({"busy": "first"}, ["careful"])
    assert found.facts == {"sampling": {"laps": 3}}
