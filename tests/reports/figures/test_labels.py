"""Labels stand free, and beside the point that they name."""

from hypothesis import given
from hypothesis import strategies as st

from reports.figures.labels import Box, place

PAGE = Box(0, 0, 600, 400)
PLACES = st.tuples(st.integers(0, 600), st.integers(0, 400))


def test_a_label_does_not_reach_over_another_point():
    points = [(300.0, 200.0), (302.0, 200.0)]
    for order in (points, points[::-1]):
        one, other = place(order, ["left" if x == 300 else "right" for x, _ in order], PAGE)
        left, right = (one, other) if order[0][0] == 300 else (other, one)
        assert left.right < 300 and right.left > 302


def test_points_on_one_spot_take_a_side_each():
    one, other = place([(300.0, 200.0)] * 2, ["one", "other"], PAGE)
    assert {one.left > 300, other.left > 300} == {True, False}


@given(st.lists(PLACES, min_size=1, max_size=8))
def test_no_label_lies_on_another_on_a_point_or_over_the_edge(points):
    found = [box for box in place(points, ["name"] * len(points), PAGE) if box]
    for at, box in enumerate(found):
        assert box.inside(PAGE)
        assert not any(box.meets(other) for other in found[:at])
        assert not any(box.meets(Box(x - 6, y - 6, x + 6, y + 6)) for x, y in points)
