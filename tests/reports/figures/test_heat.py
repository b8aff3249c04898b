"""Heat maps: the class of a ratio, colours that can be read, and holes that look like holes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.figures import heat
from tests.reports import believed, sample


def maps(data: sample.Json) -> dict[str, dict[int, list[heat.Tile]]]:
    (atlas,) = heat.atlases(sample.run(data))
    return {one.variant: {batch: list(row) for batch, row in one.rows} for one in atlas.maps}


@pytest.mark.parametrize(
    ("ratio", "kind"),
    [(0.01, 0), (0.25, 0), (0.5, 4), (1, 8), (1.08, 8), (2, 12), (4, 16), (99, 16)],
)
def test_a_doubling_is_four_classes(ratio: float, kind: int) -> None:
    assert heat.shade(ratio) == kind


@given(st.floats(1e-6, 1e6))
def test_a_ratio_and_its_inverse_are_as_far_from_even(ratio: float) -> None:
    assert abs(heat.shade(ratio) + heat.shade(1 / ratio) - 16) <= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("at", range(17))
def test_the_number_can_be_read_on_every_colour(scheme: str, at: int) -> None:
    back = heat.luminance(heat.colour(scheme, at))
    front = 1.0 if heat.ink(heat.colour(scheme, at)) == "#fff" else 0.0
    high, low = max(back, front), min(back, front)
    assert (high + 0.05) / (low + 0.05) >= 4.5  # WCAG 2, AA


def test_every_class_has_its_rule() -> None:
    assert [line.partition("{")[0] for line in heat.palette().splitlines()] == [
        f".h{at}" for at in range(17)
    ]


def test_a_grid_is_a_table_of_ratios() -> None:
    found = maps(sample.full())  # decode at batches 1 and 8; prefill has one workload only
    assert "teacher" not in found
    assert [found["int4"][batch][0].text for batch in (1, 8)] == ["2.06", "2.06"]
    assert found["int4"][1][0].said == "faster [2.03, 2.09], unpaired"


def test_failures_are_hatched_and_what_was_not_run_is_a_hole() -> None:
    half = maps(sample.full())["half"]
    assert (half[1][0].kind, half[1][0].said) == ("x", "failed")
    assert (half[8][0].kind, half[8][0].said) == ("hole", "not measured")


def test_what_does_not_part_or_is_in_doubt_is_marked() -> None:
    data = believed.doubted("busy", "decode[int8")
    tile = maps(data)["int8"][8][0]
    assert (tile.glyph, tile.said.partition(" [")[0]) == ("?", "in doubt")
    assert tile.kind.endswith(" u")


def test_times_become_speeds() -> None:
    cells = [
        sample.record(
            "prefill", name, (batch, 32, 0), first_token=sample.value("first_token", s, s / 99)
        )
        for name, s in (("teacher", 0.2), ("a", 0.1))
        for batch in (1, 2)
    ]
    (tile,) = maps(sample.document(cells))["a"][1]
    assert (tile.text, tile.said) == ("2.00", "faster [1.96, 2.04], unpaired")


@pytest.mark.parametrize("names", [("int8", "int4"), ("teacher",), ("trt",), ()])
def test_without_a_teacher_or_a_rival_there_is_no_map(names: tuple[str, ...]) -> None:
    assert heat.atlases(sample.run(sample.only(*names))) == []
