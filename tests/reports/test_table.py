"""The terminal table: narrow, plain where asked, and honest about what is gone."""

import re
from io import StringIO

import pytest
from rich.console import Console

from reports.html import html
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
    below = printed(sample.full()).partition("decode_rate")[2]
    row = next(line for line in below.splitlines() if line.startswith("int4"))
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


def everything(data: sample.Json) -> set[tuple[str, str, str]]:
    """(suite, variant, metric) of every figure, read from the plain document."""
    cells = [row["extra_info"]["bench"] for row in data["benchmarks"]]
    return {
        (cell["suite"], cell["variant"], metric)
        for cell in [*cells, *data["weighbridge"]["records"]]
        for metric, value in cell["values"].items()
        if value["value"] is not None
    }


def default_grid() -> sample.Json:
    """Six variants by the cells of the default set, each figure with digits of its own."""
    cells = []
    for at, name in enumerate(("teacher", "half", "int8", "int4", "flash", "student")):
        cells += sample.variant_cells(name, 100.0 + at, 0.01 * at, 5e8)
        for batch, prompt in ((1, 128), (4, 32), (4, 128)):
            cells.append(sample.decode(name, (batch, prompt, 16), 0.1 * batch, 90.0 * batch + at))
            first = sample.value("first_token", 0.01 * batch, 0.001)
            cells.append(sample.record("prefill", name, (batch, prompt, 0), first_token=first))
    return sample.document(cells)


def figures(text: str) -> int:
    """How many figures stand in the tables: numbers that are no comparison."""
    rows = [line.split() for line in text.splitlines() if line and line.split()[0] in NAMES]
    number = re.compile(r"[0-9.]+$")
    return sum(bool(number.match(word)) for row in rows for word in row[1:])


NAMES = ("teacher", "half", "int8", "int4", "flash", "student")


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_figure_vanishes_whatever_the_width(width: int) -> None:
    data = default_grid()
    cells = [row["extra_info"]["bench"] for row in data["benchmarks"]]
    cells += data["weighbridge"]["records"]
    there = sum(v["value"] is not None for cell in cells for v in cell["values"].values())
    assert figures(printed(data, width).partition("Digits")[2]) > 0
    assert figures(printed(data, width)) == there
    for _, _, metric in everything(data):
        assert metric in printed(data, width)


def test_the_default_grid_stays_readable() -> None:
    lines = printed(default_grid()).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 110
    heads = [line.split()[:2] for line in lines if line.startswith(("decode b", "prefill b"))]
    assert heads == [
        ["decode", "b1-p32-n16"], ["decode", "b1-p128-n16"], ["decode", "b4-p32-n16"],
        ["decode", "b4-p128-n16"], ["decode", "b8-p32-n16"], ["prefill", "b1-p128"],
        ["prefill", "b4-p32"], ["prefill", "b4-p128"],
    ]  # fmt: skip


def test_other_figures_have_the_digits_of_their_interval_and_a_ratio() -> None:
    text = printed(sample.full(), 120).replace("\N{MULTIPLICATION SIGN}", "x")
    group = text.partition("decode b8-p32-n16")[2].splitlines()
    assert group[0].split() == ["latency", "ms", "decode_rate", "tok/s"]
    assert group[1].split() == ["teacher", "320.0", "400.0"]
    # 128/824 s is 155.34 ms, known to 1/160 of itself: 0.97 ms, so two decimals; 824/400 = 2.06.
    assert group[3].split() == ["int4", "155.34", "0.49x", "824.0", "2.06x"]


def test_metrics_that_are_no_headline_of_a_headline_cell_are_there() -> None:
    text = printed(sample.full())
    assert re.search(r"^decode b1-p32-n16 +latency ms", text, re.MULTILINE)
    assert re.search(r"^memory +peak_host_absolute MB", text, re.MULTILINE)


def test_a_suite_of_ones_own_is_shown_without_any_headline() -> None:
    cell = sample.record("heat", "teacher", (1, 2, 3), ready=sample.value("ready", 2.0, 0.1))
    assert re.search(
        r"^heat b1-p2-n3 +ready s\nteacher +2.00", printed(sample.document([cell])), re.M
    )


def test_bold_is_explained_only_where_there_are_rivals() -> None:
    assert "bold" in printed(sample.only("teacher", "int8"))
    assert "bold" not in printed(sample.only("teacher"))


def test_lines_fold_between_words_and_a_path_is_left_whole() -> None:
    data = sample.only("teacher")
    path = "/a/very/long/path/that/holds/the/model/in/some/deep/folder/somewhere.gguf"
    data["weighbridge"]["settings"]["teacher"] = path
    data["weighbridge"]["absent"] = [
        sample.gone(
            "load", "trt", "skipped", "needs tensorrt (pip install 'weighbridge[trt]'), none"
        )
    ]
    lines = printed(data, 50).splitlines()
    assert any(path in line for line in lines)
    assert any("'weighbridge[trt]')," in line for line in lines)
    assert all(len(line.rstrip()) <= 50 for line in lines if path not in line)


@pytest.mark.parametrize(
    ("load", "cores", "said"),
    [
        (2.1, 2, "load 2.1 on 2 cores"),
        (0.6, 1, "load 0.6 on 1 core)"),
        (1.0, 2, None),
        (None, 2, None),
        (9.0, None, None),
        ("busy", 2, None),
    ],
)
def test_a_busy_machine_is_warned_of(load: object, cores: object, said: str | None) -> None:
    data = sample.only("teacher", "int4")
    data["weighbridge"]["machine"].update(load_before=load, cores=cores)
    text, page = printed(data, 400), html.render([sample.run(data)])
    assert ("warning The machine was busy when the session began" in text) is (said is not None)
    assert ("The machine was busy" in page) is (said is not None)
    assert said is None or (said in text and said in page)


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
