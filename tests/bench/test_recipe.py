"""How each recipe cuts a text, by hand and by what must hold of every length."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bench.recipe import Layout, Window, recipes

STRIDED, DISJOINT = recipes()["hf-strided"].windows, recipes()["disjoint"].windows
WORD, LLAMA = recipes()["word"].windows, recipes()["llama.cpp"].windows


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Tokens, window and stride as Settings allows them."""
    length = draw(st.integers(2, 40))
    return Layout(draw(st.integers(2, 200)), length, draw(st.integers(1, length - 1)))


def scored(windows: list[Window]) -> Counter[int]:
    """How often each token counts."""
    return Counter(at for w in windows for at in range(w.end - w.scored, w.end))


def test_the_issues_four_recipes() -> None:
    assert sorted(recipes()) == ["disjoint", "hf-strided", "llama.cpp", "word"]


@given(layouts())
def test_strided_scores_every_token_but_the_first_once(layout: Layout) -> None:
    windows = list(STRIDED(layout))
    assert scored(windows) == Counter(range(1, layout.tokens))
    for window in windows:
        assert 0 <= window.start < window.end <= layout.tokens
        assert window.end - window.start <= layout.length
        context = window.end - window.scored - window.start
        assert context >= 1
        if window.start:
            assert context >= min(layout.length - layout.stride, layout.tokens - layout.stride)


def test_strided_by_hand() -> None:
    found = [(w.start, w.end, w.scored) for w in STRIDED(Layout(10, 6, 3))]
    assert found == [(0, 6, 5), (3, 9, 3), (6, 10, 1)]
    assert list(STRIDED(Layout(6, 6, 3))) == [Window(0, 6, 5)]


def test_disjoint_by_hand() -> None:
    assert list(DISJOINT(Layout(10, 4, 2))) == [Window(0, 4, 3), Window(4, 8, 3), Window(8, 10, 1)]
    assert list(DISJOINT(Layout(9, 4, 2))) == [Window(0, 4, 3), Window(4, 8, 3)]


@given(layouts())
def test_disjoint_leaves_out_the_first_token_of_each_window(layout: Layout) -> None:
    firsts = set(range(0, layout.tokens, layout.length))
    assert scored(list(DISJOINT(layout))) == Counter(set(range(layout.tokens)) - firsts)


def test_word_by_hand() -> None:
    """Worked out from lm-evaluation-harness's documentation of its rolling windows."""
    assert list(WORD(Layout(10, 4, 2))) == [
        Window(0, 4, 4, prefixed=True), Window(3, 8, 4), Window(5, 10, 2),
    ]  # fmt: skip


@given(layouts())
def test_word_scores_every_token_once_and_feeds_no_more_than_a_window(layout: Layout) -> None:
    windows = list(WORD(layout))
    assert scored(windows) == Counter(range(layout.tokens))
    for window in windows:
        fed = window.prefixed + window.end - window.start - 1
        assert window.scored <= fed <= layout.length
        assert window.prefixed == (window.start == 0 and window is windows[0])


def test_llama_cpp_by_hand() -> None:
    """Chunks of 8: 8 - 8/2 - 1 = 3 tokens each; what is left over is not scored."""
    assert list(LLAMA(Layout(17, 8, 4))) == [Window(0, 8, 3), Window(8, 16, 3)]
    assert list(LLAMA(Layout(15, 8, 4, prefix=True))) == [
        Window(0, 7, 3, prefixed=True), Window(8, 15, 3, prefixed=True),
    ]  # fmt: skip


@given(layouts())
def test_llama_cpp_puts_bos_in_the_place_of_a_chunks_first_token(layout: Layout) -> None:
    stream = [-1, *range(layout.tokens)]  # as llama.cpp has it, BOS among its tokens
    length = layout.length
    chunks = [stream[at : at + length] for at in range(0, len(stream) - length + 1, length)]
    with_bos = Layout(layout.tokens, length, layout.stride, prefix=True)
    rows = [[-1, *range(w.start, w.end)] for w in LLAMA(with_bos)]
    assert rows == [[-1, *chunk[1:]] for chunk in chunks]
