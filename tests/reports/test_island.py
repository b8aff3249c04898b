"""What a page carries: JSON that ends no script, and a run that every command reads."""

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.reading import run_of
from bench.seal import seal
from reports.island import document, island, saved
from tests.reports import believed, large, sample


@given(st.recursive(st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)))
def test_an_island_holds_anything_and_ends_nothing(data: Any) -> None:
    text = str(island(data))
    assert not set("<>&\u2028\u2029") & set(text)
    assert text.isascii()
    assert json.loads(text) == data


@pytest.mark.parametrize("data", [sample.full(), believed.run_file(), sample.only("trt")])
def test_a_saved_run_is_the_same_run(data: sample.Json) -> None:
    run = sample.run(data)
    kept = saved(run)
    head, _, packed = kept.link.partition(",")
    assert head == "data:application/gzip;base64"
    again = json.loads(gzip.decompress(base64.b64decode(packed)))
    back = run_of(again)
    assert back.by_cell == run.by_cell
    assert (back.machine, back.settings, back.text) == (run.machine, run.settings, run.text)
    assert (back.variants, back.date) == (run.variants, run.date)
    assert again["weighbridge"]["sum"] == seal(again)
    assert kept.samples == 0


def test_saving_twice_gives_the_same_bytes() -> None:
    assert saved(sample.run()) == saved(sample.run())


def test_where_samples_are_too_many_the_figures_stay_and_the_page_says_so() -> None:
    run = run_of(large.run_file(500))
    kept = saved(run)
    assert kept.samples == sum(len(v.samples) for r in run.records for v in r.values.values())
    again = run_of(json.loads(gzip.decompress(base64.b64decode(kept.link.partition(",")[2]))))
    for cell, record in run.by_cell.items():
        for metric, value in record.values.items():
            bare = again.by_cell[cell].values[metric]
            assert (bare.value, bare.low, bare.high, bare.samples) == (
                value.value, value.low, value.high, (),
            )  # fmt: skip


def test_a_document_has_no_rows_of_pytest_benchmark() -> None:
    assert document(sample.run())["benchmarks"] == []
