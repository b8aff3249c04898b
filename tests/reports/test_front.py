"""The Pareto rule by hand-made cases; two axes, and more is better on both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.contest import Against
from reports.front import Span, dominates, front, span_of


def near(value: float, half: float = 0.1) -> Span:
    return Span(value, value - half, value + half)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((near(2), near(2)), (near(1), near(1)), True),  # surely better on both
        ((near(2), near(1)), (near(1), near(1)), True),  # surely on one, as good on the other
        ((near(2), near(0.95)), (near(1), near(1)), False),  # its figure is worse on the other
        ((near(1.1), near(1.1)), (near(1), near(1)), False),  # intervals meet: noise could do it
        ((near(1.2), near(1)), (near(1), near(1)), False),  # touching ends do not part
        ((near(1), near(1)), (near(1), near(1)), False),  # equal
        ((near(2), near(0.5)), (near(1), near(1)), False),  # a trade
    ],
)
def test_who_dominates(one: tuple[Span, ...], other: tuple[Span, ...], expected: bool) -> None:
    assert dominates(one, other) is expected
    assert not (expected and dominates(other, one))


def test_the_front_names_who_dominates() -> None:
    found = front(
        {
            "teacher": (near(1, 0), near(0, 0)),
            "fast": (near(2), near(-0.5)),
            "slow": (near(0.5), near(-0.6)),
            "twin": (near(2.05), near(-0.5)),
        }
    )
    assert found == {"teacher": None, "fast": None, "slow": "teacher", "twin": None}


def gap(value: float, half: float | None = None) -> Against:
    low, high = (None, None) if half is None else (value - half, value + half)
    return Against(value=value, low=low, high=high, verdict="unclear")


def test_what_is_better_lower_is_turned() -> None:
    assert span_of(gap(0.5, 0.25), "lower") == Span(-0.5, -0.75, -0.25)
    assert span_of(gap(0.5, 0.25), "higher") == Span(0.5, 0.25, 0.75)


def test_without_an_interval_nothing_is_sure_unless_it_is_exact() -> None:
    loose = (span_of(gap(9.0), "higher"), near(1))
    assert not dominates(loose, (near(1), near(1)))
    assert dominates((span_of(gap(9.0), "higher", exact=True), near(1)), (near(1), near(1)))


spans = st.tuples(st.floats(-9, 9), st.floats(0, 3)).map(lambda pair: near(*pair))


@given(st.dictionaries(st.text(max_size=3), st.tuples(spans, spans, spans), min_size=1))
def test_somebody_is_always_on_the_front(entrants: dict[str, tuple[Span, ...]]) -> None:
    assert None in front(entrants).values()
