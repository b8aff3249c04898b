"""gguf_q4: the teacher in llama.cpp, 4-bit weights in blocks."""

from dataclasses import dataclass
from pathlib import Path

from bench import Model, Place, Variant, tunable


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which of llama.cpp's 4-bit types, and how it is run."""

    type: str = tunable("q4_0", "llama.cpp's file type", of=("q4_0", "q4_1", "q4_k_s", "q4_k_m"))
    cache: str = tunable(
        "f32", "type of keys and values; f16 is llama.cpp's own", of=("f32", "f16")
    )


def make(base: Path, out: Path, options: Options) -> None:
    """Written as GGUF, quantised by llama.cpp itself."""
    from variants.recipes.gguf_file import write_gguf

    write_gguf(base, out, options.type)


def load(folder: Path, place: Place, options: Options) -> Model:
    """The proof reads the types of all tensors from the file."""
    from variants.runtimes.ggml import FILE
    from variants.runtimes.llamacpp import LlamaModel

    return LlamaModel(folder / FILE, place, options.type, options.cache)


gguf_q4 = Variant(
    name="gguf_q4",
    summary="llama.cpp, 4-bit weights in blocks (Q4_0 unless set otherwise)",
    base="teacher",
    make=make,
    load=load,
    needs=("torch", "transformers", "gguf", "llama_cpp"),
    devices=("cpu",),
    runtime="variants.runtimes.llamacpp",
    checkpoint=False,
    options=Options(),
)
