"""The terminal table: narrow, plain where asked, and honest about what is gone."""

import re
from io import StringIO

import pytest
from rich.console import Console

from reports.table import print_tables, table
from tests.reports import sample


def printed(data: sample.Json, width: int = 80, colour: bool = False) -> str:
    paper = StringIO()
    console = Console(
        file=paper, width=width, force_terminal=colour, color_system="standard" if colour else None
    )
    print_tables(sample.run(data), console)
    return paper.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits(width: int) -> None:
    lines = printed(sample.full(), width).splitlines()
    assert max(map(len, lines)) <= width


def test_a_row_holds_figures_and_ratios() -> None:
    row = next(line for line in printed(sample.full()).splitlines() if line.startswith("int4"))
    assert row.replace("\N{MULTIPLICATION SIGN}", "x").split() == [
        "int4", "206.0", "2.06x", "3.883", "0.49x", "3.33", "+0.0300", "120.0", "0.24x",
        "180.0", "0.24x",
    ]  # fmt: skip


def test_the_head_names_workload_and_unit_and_the_legend_the_pairing() -> None:
    text = printed(sample.full())
    assert "b1-p32-n16" in text
    assert "tok/s" in text
    assert "unpaired" in text
    assert "paired by window" in " ".join(text.split())


def test_absent_cells_stand_below_with_their_reason() -> None:
    text = printed(sample.full(), 120)
    assert "skipped trt (2 cells): needs an NVIDIA driver" in text
    assert "failed decode[half-b1-p32-n16]: RuntimeError: <b>no kernel</b> for Half" in text
    assert "imitated ~" in text


def test_other_workloads_stand_below_with_ratio_and_interval() -> None:
    """No figure of the run vanishes: each suite and workload has a block of its own."""
    below = printed(sample.full(), 120).partition("other figures")[2]
    block = below.partition("decode b8-p32-n16")[2].partition("load ")[0]
    int4 = next(line for line in block.splitlines() if line.startswith("int4"))
    assert int4.replace("\N{MULTIPLICATION SIGN}", "x").split() == [
        "int4", "155.34", "0.49x", "824.0", "2.06x",
    ]  # fmt: skip
    assert "peak_host_absolute MB" in below
    assert "perplexity" in below


@pytest.mark.parametrize("width", range(80, 140, 7))
def test_no_cell_is_folded(width: int) -> None:
    """A figure and its ratio stand in one line, or its column is left for the page."""
    rows = [line.split() for line in printed(sample.full(), width).splitlines()]
    assert all(row[0] != "int4" or len(row) > 1 for row in rows if row)
    assert not [
        row for row in rows if row and re.fullmatch(r"[\d.]+\N{MULTIPLICATION SIGN}", row[0])
    ]


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", printed(sample.full(), colour=True))
    monkeypatch.delenv("NO_COLOR")
    assert re.search(r"\x1b\[[0-9;]*3[0-9]m", printed(sample.full(), colour=True))


def test_a_hostile_name_steers_nothing() -> None:
    text = printed(sample.full(), 120)
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "names", [("teacher",), ("int8",), ("half",), ("trt",), ("half", "trt"), (), (sample.HOSTILE,)]
)
def test_small_runs(names: tuple[str, ...]) -> None:
    assert table.render([sample.run(sample.only(*names))])
