"""What the tensors of a GGUF file are stored in, as read from the file itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from gguf import GGUFReader

from bench.errors import ProofFailed

TYPES = {"q4_0": 2, "q4_1": 3, "q8_0": 7, "q4_k_s": 14, "q4_k_m": 15}
"""llama.cpp's numbers of the file types that are made here."""
FLOATS = ("F32", "F16", "BF16")
LOOKED_UP = "position_embd.weight"
"""A table of which a token reads one row; llama.cpp leaves it in floats."""


def tensors_of(path: Path) -> dict[str, tuple[str, int, int]]:
    """Of every tensor in the file: ggml's type, numbers and bytes."""
    return {
        one.name: (one.tensor_type.name, int(one.n_elements), int(one.n_bytes))
        for one in GGUFReader(path).tensors
    }


def file_type(path: Path) -> int:
    """llama.cpp's number of the file's type, as its header has it."""
    field = GGUFReader(path).get_field("general.file_type")
    return -1 if field is None else int(field.contents())


def prove_types(tensors: dict[str, tuple[str, int, int]], kind: str, found: int) -> None:
    """Raises ProofFailed where the header says another type, or matrices are of another.

    llama.cpp keeps some in more bits, by its own choice; none may be in floats.
    """
    wanted = TYPES.get(kind, 0)
    if found != wanted:
        raise ProofFailed(f"expected the file type {kind} ({wanted}), found {found}")
    matrices = {
        name: (type_, count)
        for name, (type_, count, _) in tensors.items()
        if name.endswith(".weight") and "norm" not in name and name != LOOKED_UP
    }
    left = sorted(name for name, (type_, _) in matrices.items() if type_ in FLOATS)
    if left and kind != "f32":
        raise ProofFailed(f"expected all matrices in {kind}, in floats are {left}")
    layers: Counter[str] = Counter()
    for name, (type_, count) in matrices.items():
        layers[type_] += count if name.startswith("blk.") else 0
    main = kind.upper().removesuffix("_S").removesuffix("_M")
    if 2 * layers[main] < layers.total():
        raise ProofFailed(f"expected most of the layers in {main}, found {dict(layers)}")
