"""How well a variant predicts text that nothing was trained on, and how near the teacher it is."""

from bench import Model, Note
from bench.metrics import quality as metrics
from bench.quality import Fidelity, quality
from bench.scoring import score
from bench.text import Text


def test_quality(model: Model, reference: Model, text: Text, note: Note) -> None:
    teacher = None if text.foreign else reference
    found = quality(score(model, text, teacher), text)
    note.put(metrics.loss, found.loss, text.recipe)
    note.put(metrics.perplexity, found.perplexity, text.recipe)
    note.put(metrics.bits_per_byte, found.bits_per_byte, text.recipe)
    if text.way.documents:
        note.put(metrics.word_perplexity, found.word_perplexity, text.recipe)
        note.put(metrics.byte_perplexity, found.byte_perplexity, text.recipe)
    if found.fidelity is None:
        note.warn("its tokenizer is not the teacher's, so nothing is set against the teacher")
        return
    _note_fidelity(found.fidelity, text.recipe, note)


def _note_fidelity(found: Fidelity, recipe: str, note: Note) -> None:
    if found.kl is None:
        note.warn("its vocabulary has another size than the teacher's, so there is no KL")
    for metric in (
        metrics.loss_difference,
        metrics.rms_probability,
        metrics.kl,
        metrics.kl_median,
        metrics.kl_p99,
        metrics.top1,
    ):
        note.put(metric, getattr(found, metric.name), recipe)
