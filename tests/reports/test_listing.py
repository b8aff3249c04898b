"""Plain lists: words stay whole wherever the screen lets them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.listing import GAP, print_rows, widths

NEEDS = "needs an NVIDIA GPU, none is here; needs tensorrt (pip install 'weighbridge[trt]')"
PATH = "/a/very/long/path/to/a/folder/of/made/variants/int4-0123456789abcdef/packed.safetensors"


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("COLUMNS", "80")
    return 80


def test_words_are_not_broken(screen: int, capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(("variant", "needs", "summary"), [["trt", NEEDS, "a TensorRT engine, float16 " * 3]])
    lines = capsys.readouterr().out.splitlines()
    assert sum("'weighbridge[trt]')" in line for line in lines) == 1
    assert max(map(len, lines)) <= screen
    assert len(lines) > 2


def test_a_path_stands_on_one_line(screen: int, capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(("variant", "folder"), [["int4", PATH], ["int8", "here"]])
    assert PATH in capsys.readouterr().out


cells = st.lists(st.text("ab ", min_size=1, max_size=40), min_size=3, max_size=3)


@given(rows=st.lists(cells, min_size=1, max_size=5), screen=st.integers(1, 140))
def test_as_wide_as_the_screen_and_never_below_a_word(rows: list[list[str]], screen: int) -> None:
    wide = widths(rows, screen)
    words = [max((len(w) for row in rows for w in row[at].split()), default=0) for at in range(3)]
    assert all(width >= word for width, word in zip(wide, words, strict=True))
    assert sum(wide) + 2 * GAP <= max(screen, sum(words) + 2 * GAP)
