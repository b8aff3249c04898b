"""word: rolling windows over whole documents, also per word and per byte of the raw text."""

from collections.abc import Iterator

from bench.recipe import Layout, Recipe, Window


def windows(layout: Layout) -> Iterator[Window]:
    """Every token is scored once, the first after the prefix token.

    A later window scores what is left, at most `length`, and is filled up with context so that
    `length` tokens are fed. Source: `loglikelihood_rolling` of lm-evaluation-harness, with its
    context length of 1.
    """
    first = min(layout.length, layout.tokens)
    if first:
        yield Window(0, first, first, prefixed=True)
    for done in range(first, layout.tokens, layout.length):
        end = min(done + layout.length, layout.tokens)
        yield Window(max(end - layout.length - 1, 0), end, end - done)


word = Recipe(
    name="word",
    summary="lm-eval's wikitext: every token of every document, per word of the raw text",
    windows=windows,
    prefix="always",
    documents=True,
    shortest=0,
)
