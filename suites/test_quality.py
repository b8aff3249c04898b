"""How well a variant predicts text that nothing was trained on."""

from math import exp

from bench import Model, Note
from bench.metrics.quality import loss, perplexity
from bench.quality import window_losses
from bench.text import Text


def test_quality(model: Model, text: Text, note: Note) -> None:
    losses, sizes = zip(*window_losses(model, text.tokens, text.window, text.stride), strict=True)
    found = note.blocks(loss, losses, sizes, text.recipe)
    interval = (exp(found.low), exp(found.high)) if found.low and found.high else None
    note.estimate(perplexity, exp(found.value or 0.0), interval, text.recipe)
