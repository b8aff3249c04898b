"""Whatever the reader lets pass is compared in every form, or refused in one line."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.errors import BadRun
from bench.reading import run_of
from reports.chronicle import courses, points
from reports.compare_json import comparison_json
from reports.compare_markdown import comparison_markdown
from reports.compared import comparison_page
from reports.comparison import compare, named
from reports.trend import course_table
from tests.reports import believed
from tests.reports.test_compare import printed
from tests.reports.test_comparison import elsewhere
from tests.reports.test_damage import HUGE, JSON, changed, places

WHOLE = believed.run_file()
FIGURES = [way for way in places(WHOLE) if "values" in way and len(way) > 2]
LEAST = next(way for way in FIGURES if way[-2:] == ("first_token_speedup", "low"))
LEAST_VALUE = next(way for way in FIGURES if way[-2:] == ("decode_rate", "value"))
OTHER_MACHINE = believed.run_file()
elsewhere(OTHER_MACHINE)
OTHER_DAY = believed.run_file()
OTHER_DAY["weighbridge"]["date"] = "2026-03-09T10:00:00+00:00"
BESIDE = [run_of(data) for data in (believed.run_file(), OTHER_MACHINE, OTHER_DAY)]


def shown(data: Any) -> None:
    """The damaged run as the first one, and beside one of its machine, one of another, and two."""
    try:
        run = run_of(data)
        found = compare(named([("damaged", run), ("same", BESIDE[0]), ("other", BESIDE[1])]))
        back = compare(named([("same", BESIDE[0]), ("damaged", run)]))
        course = compare(named([("same", BESIDE[0]), ("damaged", run), ("day", BESIDE[2])]))
    except BadRun as error:
        assert "\n" not in str(error)
        return
    for one in (found, back, course):
        assert json.dumps(comparison_json(one), allow_nan=False)
        assert comparison_page(one).encode()
        assert comparison_markdown(one).encode()
        assert printed(one).encode()
    known = courses(points("damaged", run))
    assert course_table(known, [[] for _ in known]) or not known


@given(way=st.sampled_from(places(WHOLE)), new=JSON | HUGE)
@settings(max_examples=60, deadline=None)
def test_one_wrong_value(way: tuple[Any, ...], new: Any) -> None:
    shown(changed(way, new, WHOLE))


@given(
    way=st.sampled_from(FIGURES),
    new=st.floats() | st.sampled_from([0, 0.0, -0.0, 1e308, -1e308, 5e-324, -1, None]),
)
@example(way=LEAST, new=5e-324)
@example(way=LEAST_VALUE, new=5e-324)
@settings(max_examples=60, deadline=None)
def test_one_figure_is_any_number(way: tuple[Any, ...], new: Any) -> None:
    shown(changed(way, new, WHOLE))
