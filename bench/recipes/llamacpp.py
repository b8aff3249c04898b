"""llama.cpp: the second half of chunks side by side, as llama-perplexity scores them."""

from collections.abc import Iterator

from bench.recipe import Layout, Recipe, Window


def windows(layout: Layout) -> Iterator[Window]:
    """Whole chunks only; of each, what stands after its first half.

    Where the tokenizer begins a text with a token (BOS), that token takes the first place of
    every chunk. Source: tools/perplexity of llama.cpp, which counts the BOS among the text's
    tokens, scores n_ctx - n_ctx / 2 - 1 tokens a chunk and asks for two chunks at least.
    """
    length, shift = layout.length, int(layout.prefix)
    for chunk in range((layout.tokens + shift) // length):
        start = chunk * length
        scored = length - length // 2 - 1
        yield Window(start, start + length - shift, scored, prefixed=layout.prefix)


llamacpp = Recipe(
    name="llama.cpp",
    summary="the second half of every whole chunk; begun with BOS where the tokenizer adds one",
    windows=windows,
    prefix="as tokenizer",
    shortest=2,
)
