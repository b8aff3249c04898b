"""How well a variant predicts text that nothing was trained on, and how near the teacher it is."""

import pytest

from bench import Model, Note
from bench.metrics import quality as metrics
from bench.quality import Fidelity, quality
from bench.scoring import score
from bench.text import Text

pytestmark = pytest.mark.untimed
NEAR = (metrics.loss_difference, metrics.rms_probability, metrics.kl, metrics.kl_median,
        metrics.kl_p99, metrics.top1)  # fmt: skip


def test_quality(model: Model, reference: Model, text: Text, note: Note) -> None:
    found = quality(score(model, text, None if text.foreign else reference), text)
    for metric in (metrics.loss, metrics.perplexity, metrics.bits_per_byte):
        note.put(metric, getattr(found, metric.name), text.recipe)
    if text.way.documents:
        note.put(metrics.word_perplexity, found.word_perplexity, text.recipe)
        note.put(metrics.byte_perplexity, found.byte_perplexity, text.recipe)
    if found.fidelity:
        put_fidelity(found.fidelity, text.recipe, note)
    else:
        note.warn("its tokenizer is not the teacher's, so nothing is set against the teacher")


def put_fidelity(found: Fidelity, recipe: str, note: Note) -> None:
    for metric in NEAR:
        note.put(metric, getattr(found, metric.name), recipe)
    if found.kl is None:
        note.warn("its vocabulary has another size than the teacher's, so there is no KL")
