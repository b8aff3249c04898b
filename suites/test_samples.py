"""What a variant writes beside what the teacher writes, from the same prompts."""

from statistics import fmean, median

import pytest

from bench import Metric, Model, Note
from bench.metrics import samples as metrics
from bench.samples import Side, prompts, side_by_side
from bench.session import BenchSession
from bench.text import Text

pytestmark = [pytest.mark.on_request, pytest.mark.untimed]


def test_samples(
    model: Model, reference: Model, text: Text, bench_session: BenchSession, note: Note
) -> None:
    if text.foreign:
        pytest.skip("its tokenizer is not the teacher's, so their tokens cannot be compared")
    starts = prompts(text.tokens, bench_session.settings.seed)
    sides = list(side_by_side(model, reference, starts, bench_session.settings.seed))
    put(note, sides, (metrics.equal_tokens, metrics.first_difference), warm=False)
    put(note, sides, (metrics.equal_tokens_sampled, metrics.first_difference_sampled), warm=True)
    note.fact("texts", [side.told(bench_session.teacher_folder) for side in sides])


def put(note: Note, sides: list[Side], pair: tuple[Metric, Metric], warm: bool) -> None:
    found = [side for side in sides if bool(side.temperature) == warm]
    note.put(pair[0], fmean(side.equal for side in found), found[0].recipe)
    note.put(pair[1], median(side.together for side in found), found[0].recipe)
