"""speculative: the teacher, which checks what the student has drafted for it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable
from bench.source import model_files

DRAFT = "student"


@dataclass(frozen=True, kw_only=True)
class Options:
    """How far the draft runs ahead."""

    drafts: int = tunable(4, "tokens drafted for each step", low=1, high=64)


def make(base: Path, out: Path, options: Options) -> None:
    """The teacher's checkpoint beside the student's, which lies there already."""
    for file in model_files(base):
        shutil.copyfile(file, out / file.name)


def load(folder: Path, place: Place, options: Options) -> Model:
    """Both in the teacher's dtype; the proof writes texts with and without drafts."""
    from variants.runtimes.speculative import load_speculative

    return load_speculative(folder, folder / DRAFT, place, options.drafts)


speculative = Variant(
    name="speculative",
    summary="the teacher with its student as draft (arXiv 2211.17192); same tokens",
    base="teacher",
    beside=(DRAFT,),
    make=make,
    load=load,
    needs=("torch", "transformers"),
    runtime="variants.runtimes.pytorch",
    checkpoint=False,
    options=Options(),
)
