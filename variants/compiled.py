"""compiled: the teacher through torch.compile, a static cache, one graph a shape."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """What it computes in."""

    dtype: str = tunable("float32", "of weights and arithmetic", of=("float32", "bfloat16"))


def load(folder: Path, place: Place, options: Options) -> Model:
    """The proof sets its scores against the same module's uncompiled."""
    from variants.runtimes.compiled import load_compiled

    return load_compiled(folder, place, options.dtype)


compiled = Variant(
    name="compiled",
    summary="torch.compile with frozen weights and a static cache",
    base="teacher",
    load=load,
    needs=("torch", "transformers", "g++"),
    runtime="variants.runtimes.compiled",
    options=Options(),
)
