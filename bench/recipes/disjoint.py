"""disjoint: windows side by side; the first token of each has nothing before it and is left out."""

from collections.abc import Iterator

from bench.recipe import Layout, Recipe, Window


def windows(layout: Layout) -> Iterator[Window]:
    """Windows of `length`, the last one shorter; one of a single token scores nothing.

    Source: the same guide as hf-strided's, with a stride as long as its window.
    """
    for start in range(0, layout.tokens, layout.length):
        end = min(start + layout.length, layout.tokens)
        if end - start > 1:
            yield Window(start, end, end - start - 1)


disjoint = Recipe(
    name="disjoint",
    summary="windows side by side; all but the first token of each",
    windows=windows,
)
