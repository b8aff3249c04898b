"""What a variant writes beside what the teacher writes, from the same prompts."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median

import pytest

from bench import Model, Note
from bench.metrics import samples as metrics
from bench.samples import NEW_TOKENS, TEMPERATURE, Pair, greedy, prompts, sampled
from bench.session import BenchSession
from bench.text import Text
from bench.tokenizing import decode


def test_samples(
    model: Model, reference: Model, text: Text, bench_session: BenchSession, note: Note
) -> None:
    if text.foreign:
        pytest.skip("its tokenizer is not the teacher's, so their tokens cannot be compared")
    seed = bench_session.settings.seed
    starts = prompts(text.tokens, seed)
    plain = [Pair(greedy(reference, start), greedy(model, start)) for start in starts]
    drawn = [
        Pair(sampled(reference, start, seed + at), sampled(model, start, seed + at))
        for at, start in enumerate(starts)
    ]
    recipe = f"{len(starts)}x{NEW_TOKENS}-seed{seed}"
    _note(note, recipe, plain, drawn)
    folder = bench_session.teacher_folder
    note.fact(
        "texts",
        [
            *(_shown(folder, start, pair, 0.0) for start, pair in zip(starts, plain, strict=True)),
            *(
                _shown(folder, start, pair, TEMPERATURE)
                for start, pair in zip(starts, drawn, strict=True)
            ),
        ],
    )


def _note(note: Note, recipe: str, plain: Sequence[Pair], drawn: Sequence[Pair]) -> None:
    warm = f"{recipe}-temperature{TEMPERATURE}"
    note.put(metrics.equal_tokens, fmean(pair.equal for pair in plain), recipe)
    note.put(metrics.first_difference, median(pair.together for pair in plain), recipe)
    note.put(metrics.equal_tokens_sampled, fmean(pair.equal for pair in drawn), warm)
    note.put(metrics.first_difference_sampled, median(pair.together for pair in drawn), warm)


def _shown(folder: Path, start: Sequence[int], pair: Pair, temperature: float) -> dict[str, object]:
    return {
        "prompt": decode(folder, start),
        "temperature": temperature,
        "teacher": decode(folder, pair.teacher),
        "variant": decode(folder, pair.variant),
        "first_difference": pair.parting,
        "equal_tokens": pair.equal,
    }
