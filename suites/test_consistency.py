"""Whether a variant says the same with a cache and without, alone and in a batch."""

import pytest

from bench import Model, Note
from bench.consistency import SHARES, complaints, gaps, kind_of
from bench.metrics.consistency import batch_gap, cache_gap
from bench.text import Text

pytestmark = [pytest.mark.on_request, pytest.mark.untimed]


def test_consistency(model: Model, text: Text, note: Note) -> None:
    found, kind = gaps(model, text.tokens), kind_of(model.weight_bytes())
    note.exact(cache_gap, found.cache)
    note.exact(batch_gap, found.batch)
    note.fact("tolerance", {"weights": kind, "share": SHARES[kind], "spread": found.spread})
    for sentence in complaints(found, kind):
        note.warn(sentence)
