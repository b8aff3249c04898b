"""prompt_lookup: the teacher, which checks what followed the same words earlier in the text."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is looked up, and how much of what followed is drafted."""

    drafts: int = tunable(8, "tokens drafted for each step", low=1, high=64)
    ngram: int = tunable(3, "the most last tokens that are looked for", low=1, high=16)


def load(folder: Path, place: Place, options: Options) -> Model:
    """In the teacher's dtype; the proof writes texts with and without drafts."""
    from variants.runtimes.speculative import load_lookup

    return load_lookup(folder, place, options.drafts, options.ngram)


prompt_lookup = Variant(
    name="prompt_lookup",
    summary="drafts looked up in the text so far; same tokens as the teacher",
    base="teacher",
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
    options=Options(),
)
