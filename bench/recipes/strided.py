"""hf-strided: the token mean over strided windows, as the transformers documentation has it."""

from collections.abc import Iterator

from bench.recipe import Layout, Recipe, Window


def windows(layout: Layout) -> Iterator[Window]:
    """Every token but the first is scored once, with at least length - stride of context.

    Source: the fixed-length perplexity guide of the transformers documentation, with an exact
    token mean: only the very first token, which nothing predicts, is left out.
    """
    done = 1
    for start in range(0, layout.tokens, layout.stride):
        end = min(start + layout.length, layout.tokens)
        if end > done:
            yield Window(start, end, end - done)
        done = end
        if end == layout.tokens:
            return


hf_strided = Recipe(
    name="hf-strided",
    summary="every token but the first, with at least window - stride tokens before it",
    windows=windows,
    strides=True,
)
