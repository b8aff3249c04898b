"""Whatever stands in a run file: it is shown, or refused in one line."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.discovery import find
from bench.errors import BadRun
from bench.record import Run
from reports.report import Report
from tests.reports import sample

REPORTS = find("reports", Report)
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


WAYS = places(sample.full())


@given(way=st.sampled_from(WAYS), new=JSON | HUGE)
@settings(max_examples=150, deadline=None)
def test_one_wrong_value_is_shown_or_refused_in_one_line(way: tuple[Any, ...], new: Any) -> None:
    data = copy.deepcopy(sample.full())
    place = data
    for key in way[:-1]:
        place = place[key]
    place[way[-1]] = new
    try:
        run = Run.of(data)
    except BadRun as error:
        assert "\n" not in str(error)
        return
    for report in REPORTS.values():
        assert isinstance(report.render([run]), str)
