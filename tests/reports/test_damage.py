"""Whatever stands in a run file: it is shown, or refused in one line."""

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.discovery import find
from bench.errors import BadRun
from bench.reading import run_of
from bench.record import Run
from reports import outbox
from reports.delivery import send
from reports.report import Report
from tests.reports import believed, sample

REPORTS = {name: one for name, one in find("reports", Report).items() if one.render}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
HUGE = st.sampled_from([1e308, -1e308, 10**400, -1, 0, 2**63, True, "", "x" * 9000])


def places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything in a document, the branches too."""
    if not isinstance(found, dict | list):
        return [path]
    keys = found.keys() if isinstance(found, dict) else range(len(found))
    below = [way for key in keys for way in places(found[key], (*path, key))]
    return [path, *below] if path else below


WHOLE = sample.full()
BELIEVED = believed.run_file()
WAYS = places(WHOLE)


def changed(way: tuple[Any, ...], new: Any, of: Any = WHOLE) -> Any:
    """The sample with one thing replaced."""
    data = copy.deepcopy(of)
    place = data
    for key in way[:-1]:
        place = place[key]
    place[way[-1]] = new
    return data


def told(run: Run, target: str) -> str:
    """All that a tracker is told."""
    tables = [outbox.table(run, name) for name in outbox.variants(run)]
    figures = [vars(one) for one in outbox.figures(run)]
    about = [outbox.settings(run), outbox.origin(run), outbox.title(run), outbox.in_doubt(run)]
    return json.dumps([tables, figures, about], allow_nan=False)


tracker = Report(name="tracker", summary="every tracker's part", send=told)


def render_all(data: Any) -> list[str]:
    """What every report makes of it, or the one line by which it is refused."""
    try:
        run = run_of(data)
    except BadRun as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 400
        return [str(error)]
    shown = [report.render([run]) for report in REPORTS.values()]
    assert send(tracker, run, "here").encode()
    assert all(text.encode() for text in shown)  # no surrogate that cannot be written
    return shown


FIRST_TOKEN = ("benchmarks", 3, "extra_info", "bench", "values", "first_token", "value")


@example(way=FIRST_TOKEN, new=1e308)
@given(way=st.sampled_from(WAYS), new=JSON | HUGE)
@settings(max_examples=150, deadline=None)
def test_one_wrong_value_is_shown_or_refused_in_one_line(way: tuple[Any, ...], new: Any) -> None:
    assert all(render_all(changed(way, new)))


@example(way=("weighbridge", "variants", "pruned", "base"), new=[])
@given(way=st.sampled_from(places(BELIEVED)), new=JSON | HUGE)
@settings(max_examples=150, deadline=None)
def test_nor_is_a_comparison_a_fact_or_a_text(way: tuple[Any, ...], new: Any) -> None:
    assert all(render_all(changed(way, new, BELIEVED)))


CELLS = believed.cells()


@given(kept=st.sets(st.integers(0, len(CELLS) - 1)))
@settings(max_examples=60, deadline=None)
def test_any_part_of_a_run_is_shown(kept: set[int]) -> None:
    shown = render_all(sample.document([CELLS[at] for at in sorted(kept)]))
    assert len(shown) == len(REPORTS)


FINITE = st.floats(allow_nan=False, allow_infinity=False)
FIGURES = [way for way in WAYS if way[-1] in ("value", "low", "high") or way[-2:-1] == ("samples",)]


@given(way=st.sampled_from(FIGURES), new=FINITE | HUGE)
@settings(max_examples=100, deadline=None)
def test_one_figure_is_any_number(way: tuple[Any, ...], new: Any) -> None:
    assert all(render_all(changed(way, new)))


@pytest.mark.parametrize("value", [1e308, 1.0, 5e-324])
def test_intervals_as_wide_as_floats_are_shown(value: float) -> None:
    data = copy.deepcopy(sample.full())
    cells = [row["extra_info"]["bench"] for row in data["benchmarks"]]
    for cell in [*cells, *data["weighbridge"]["records"]]:
        for figure in cell["values"].values():
            figure.update(low=-1e308, high=1e308, value=value)
    assert len(render_all(data)) == len(REPORTS)


def test_a_teacher_that_is_simulated_answers_nothing() -> None:
    data = changed(("weighbridge", "variants", "teacher", "simulated"), True)
    assert "cannot be told: the teacher itself is simulated" in REPORTS["html"].render(
        [run_of(data)]
    )


def test_a_unit_cannot_steer_a_terminal() -> None:
    text = json.dumps(sample.full()).replace('"tok/s"', '"\\u001b[31m"')
    assert "\x1b" not in REPORTS["table"].render([run_of(json.loads(text))])


@pytest.mark.parametrize(
    ("key", "new", "says"),
    [
        ("value", -0.1, "has -0.1 s: no time is negative"),
        ("samples", [0.1, -2.0], "has -2.0 s: no time is negative"),
        ("value", float("inf"), "value of 'latency' is inf"),
        ("value", float("nan"), "value of 'latency' is nan"),
    ],
)
def test_no_time_is_negative_or_infinite(key: str, new: Any, says: str) -> None:
    data = copy.deepcopy(WHOLE)
    cells = [row["extra_info"]["bench"] for row in data["benchmarks"]]
    value = next(cell["values"]["latency"] for cell in cells if "latency" in cell["values"])
    value[key] = new
    with pytest.raises(BadRun, match=says):
        run_of(data)


def test_the_low_end_of_a_times_interval_may_be() -> None:
    """Twice Student's interval of few samples may reach below nought."""
    data = copy.deepcopy(WHOLE)
    next(iter(data["weighbridge"]["records"]))["values"]["ready"]["low"] = -0.5
    assert run_of(data).records
