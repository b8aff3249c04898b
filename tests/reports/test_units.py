"""Scaling on paper: hand cases first, then what must hold for every number."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.units import (
    SCALES,
    Scale,
    figure,
    interval,
    number,
    places,
    plus_minus,
    quantity,
    ratio,
    ratio_error,
    scale_for,
    span,
)

PLAIN = Scale(1.0, "s")
sizes = st.floats(1e-6, 1e12)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.30 ms"),
        (1.5, "s", "1.500 s"),
        (0.000045, "s", "45.00 \N{MICRO SIGN}s"),
        (498_000_000, "B", "498.0 MB"),
        (1_340_000_000, "B", "1.340 GB"),
        (512, "B", "512 B"),
        (118.44, "tok/s", "118.4 tok/s"),
        (124_439_808, "1", "124.4 M"),
        (12, "1", "12"),
        (0, "s", "0 s"),
        (None, "s", "\N{EN DASH} s"),
        (7.25, "furlong", "7.250 furlong"),
    ],
)
def test_a_lone_figure(value: float | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("half", "decimals"),
    [(0.012, 3), (0.12, 2), (1.2, 1), (12, 0), (0.0996, 2), (0.094, 3), (0, 0)],
)
def test_two_digits_of_the_half_width(half: float, decimals: int) -> None:
    assert places(half) == decimals


def test_decimals_follow_the_interval() -> None:
    assert figure(8.68912, 8.626, 8.752, PLAIN) == "8.689"
    assert interval(8.626, 8.752, PLAIN) == "[8.626, 8.752]"
    assert interval(None, 8.752, PLAIN) == ""


@pytest.mark.parametrize("end", [1e308, 1.7e308, math.inf])
def test_no_interval_is_too_wide_to_print(end: float) -> None:
    assert figure(1.5, -end, end, Scale(1e-3, "ms")).startswith("150")
    assert interval(-end, end, Scale(1e-3, "ms")).startswith("[\N{MINUS SIGN}")
    assert ratio(2.0, 0.0, end)
    assert len(interval(-end, end, PLAIN)) < 40


def test_signs() -> None:
    assert number(-1.25, 1) == "\N{MINUS SIGN}1.2"
    assert number(-0.001, 1) == "0.0"
    assert figure(0.031, 0.021, 0.041, PLAIN, signed=True) == "+0.031"
    assert figure(0.0, None, None, PLAIN, signed=True) == "0"


def test_ratios() -> None:
    assert ratio(2.0634) == "2.06\N{MULTIPLICATION SIGN}"
    assert ratio(2.06, 2.03, 2.09) == "2.06\N{MULTIPLICATION SIGN}"
    assert ratio(2.0, 1.0, 3.0) == "2.0\N{MULTIPLICATION SIGN}"
    assert ratio(None) == "\N{EN DASH}"
    assert span(2.0297, 2.0909) == "[2.03, 2.09]"
    assert span(None, None) == ""


def test_the_error_of_a_ratio_is_never_told_too_small() -> None:
    assert ratio_error(0.7, 0.693, 0.711) == "\N{PLUS-MINUS SIGN}0.02"
    assert ratio_error(1.0, 0.9999, 1.0001) == "\N{PLUS-MINUS SIGN}0.01"
    assert ratio_error(2.0, 1.0, 3.2) == "\N{PLUS-MINUS SIGN}1.2"
    assert ratio_error(2.0, 1.0, 1e300).startswith("\N{PLUS-MINUS SIGN}1.000e+300")
    assert ratio_error(0.25, 0.25, 0.25) == ""
    assert ratio_error(0.25, None, None) == ""


def test_the_name_says_share_or_ratio() -> None:
    share = scale_for("1", [0.9621], "top1")
    assert (figure(0.9621, 0.9601, 0.9641, share), share.unit) == ("96.21", "%")
    assert scale_for("1", [0.5], "bandwidth_share").unit == "%"
    assert scale_for("1", [1.8], "decode_speedup").unit == "\N{MULTIPLICATION SIGN}"
    assert scale_for("1", [4.5], "bits_per_weight").unit == ""
    assert scale_for("s", [4.5], "top1").unit == "s"


def test_small_figures_are_no_zero() -> None:
    plain = scale_for("nat/tok", [3e-12])
    assert figure(3e-12, None, None, plain) == "3.0e-12"
    assert interval(-1e-9, 3e-9, plain) == "[\N{MINUS SIGN}1.0e-09, 3.0e-09]"
    assert figure(0.000136, 0.00012, 0.00015, plain) == "0.000136"
    assert figure(1e-7, -0.002, 0.002, plain) == "0.0000"
    assert quantity(0.0123, "J") == "12.30 mJ"
    assert quantity(0.0000123, "J") == "12.30 \N{MICRO SIGN}J"


def test_plus_minus_reaches_the_farther_end() -> None:
    assert plus_minus(0.03, 0.028, 0.0318, PLAIN) == "\N{PLUS-MINUS SIGN}0.0020"
    assert plus_minus(0.03, None, 0.0318, PLAIN) == ""


@given(value=st.floats(-1e12, 1e12), decimals=st.integers(0, 9))
def test_a_number_reads_back(value: float, decimals: int) -> None:
    text = number(value, decimals)
    assert "-" not in text
    read = float(text.replace("\N{MINUS SIGN}", "-"))
    assert math.isclose(read, value, rel_tol=1e-12, abs_tol=0.5000001 * 10**-decimals)


@given(half=st.floats(1e-7, 9.4))
def test_rounding_costs_no_more_than_the_second_digit(half: float) -> None:
    assert abs(round(half, places(half)) - half) <= 0.0501 * half


@given(unit=st.sampled_from(sorted(SCALES)), many=st.lists(sizes, min_size=1))
def test_the_smallest_keeps_a_digit_before_the_point(unit: str, many: list[float]) -> None:
    scale = scale_for(unit, many)
    assert min(many) >= scale.per or scale == SCALES[unit][-1]


@given(low=sizes, width=st.floats(0, 1e9), unit=st.sampled_from(sorted(SCALES)))
def test_an_interval_never_reads_the_wrong_way_round(low: float, width: float, unit: str) -> None:
    text = interval(low, low + width, scale_for(unit, [low]))
    first, last = text.strip("[]").split(", ")
    assert float(first) <= float(last)


@pytest.mark.parametrize(("unit", "shown"), [("1", ""), ("B", "B"), ("s", "s"), ("tok/s", "tok/s")])
def test_noughts_are_in_the_plain_unit(unit: str, shown: str) -> None:
    assert scale_for(unit, [0.0, None]).unit == shown
