"""Any run file at all: it is refused in one line, or every report can show it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.discovery import find
from bench.errors import BadRun
from bench.record import Run
from reports.report import Report
from tests.reports import sample

REPORTS = find("reports", Report)
DOCUMENT = sample.only("teacher", "int4", "half")
numbers = st.sampled_from([0, -1, 1e308, -1e308, 5e-324, 10**30, 10**400, 2**53 + 1, 0.5])
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | numbers
    | st.text(st.characters(), max_size=8) | st.sampled_from(["teacher", "int4", "exact", "tail"])
)  # fmt: skip
junk = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a document, leaves and branches."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def changed(path: tuple[Any, ...], to: Any) -> Any:
    data = copy.deepcopy(DOCUMENT)
    node: Any = data
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = to
    return data


def expect_refused_or_shown(data: Any) -> None:
    try:
        run = Run.of(data)
    except BadRun as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 400
        return
    for report in REPORTS.values():
        report.render([run]).encode()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(list(places(DOCUMENT))), to=junk)
def test_one_thing_is_anything(path: tuple[Any, ...], to: Any) -> None:
    expect_refused_or_shown(changed(path, to))


FIGURES = [
    path for path in places(DOCUMENT)
    if len(path) > 1 and path[-1] in ("value", "low", "high") or path[-2:-1] == ("samples",)
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.sampled_from(FIGURES), to=st.floats(allow_nan=False, allow_infinity=False) | numbers)
def test_one_figure_is_any_number(path: tuple[Any, ...], to: float) -> None:
    expect_refused_or_shown(changed(path, to))


@pytest.mark.parametrize("scale", [1e308, 1.0, 5e-324])
def test_every_interval_is_as_wide_as_floats_are(scale: float) -> None:
    data = copy.deepcopy(DOCUMENT)
    cells = [row["extra_info"]["bench"] for row in data["benchmarks"]]
    for cell in [*cells, *data["weighbridge"]["records"]]:
        for value in cell["values"].values():
            value.update(low=-1e308, high=1e308, value=scale)
    assert Run.of(data).records
    expect_refused_or_shown(data)


def test_a_teacher_that_is_simulated_answers_nothing() -> None:
    data = changed(("weighbridge", "variants", "teacher", "simulated"), True)
    assert "cannot be told" in REPORTS["html"].render([Run.of(data)])


def test_a_unit_cannot_steer_a_terminal() -> None:
    text = json.dumps(DOCUMENT).replace('"tok/s"', '"\\u001b[31m"')
    assert "\x1b" not in REPORTS["table"].render([Run.of(json.loads(text))])
