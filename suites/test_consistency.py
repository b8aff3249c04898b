"""Whether a variant says the same with a cache and without, alone and in a batch."""

from bench import Model, Note
from bench.consistency import ROWS, SHARES, gaps, kind_of
from bench.metrics.consistency import batch_gap, cache_gap
from bench.text import Text


def test_consistency(model: Model, text: Text, note: Note) -> None:
    found, kind = gaps(model, text.tokens), kind_of(model.weight_bytes())
    tolerance = SHARES[kind] * found.spread
    note.exact(cache_gap, found.cache)
    note.exact(batch_gap, found.batch)
    note.fact("tolerance", {"weights": kind, "share": SHARES[kind], "logits": tolerance})
    for what, gap in (("with its cache and without", found.cache), (f"1 and {ROWS}", found.batch)):
        if not gap <= tolerance:
            how = "decoding" if what.startswith("with") else "batches of"
            note.warn(
                f"{how} {what} gives logits up to {gap:.2g} apart, beyond the {tolerance:.2g} "
                f"that {kind} may"
            )
