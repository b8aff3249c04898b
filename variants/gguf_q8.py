"""gguf_q8: the teacher in llama.cpp, 8-bit weights in blocks of 32."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """How llama.cpp runs it."""

    cache: str = tunable(
        "f32", "type of keys and values; f16 is llama.cpp's own", of=("f32", "f16")
    )


def make(base: Path, out: Path, options: Options) -> None:
    """Written as GGUF, quantised by llama.cpp itself."""
    from variants.recipes.gguf_file import write_gguf

    write_gguf(base, out, "q8_0")


def load(folder: Path, place: Place, options: Options) -> Model:
    """The proof reads the types of all tensors from the file."""
    from variants.runtimes.ggml import FILE
    from variants.runtimes.llamacpp import LlamaModel

    return LlamaModel(folder / FILE, place, "q8_0", options.cache)


gguf_q8 = Variant(
    name="gguf_q8",
    summary="llama.cpp, 8-bit weights in blocks of 32 (Q8_0)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers", "gguf", "llama_cpp"),
    devices=("cpu",),
    runtime="variants.runtimes.llamacpp",
    checkpoint=False,
    options=Options(),
)
