"""A tiny checkpoint, written by hand: a table of bytes, and a tokenizer with a token a byte."""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

VOCABULARY = 256
WIDTH = 8
POSITIONS = 160
WEIGHTS = "model.safetensors"
CONFIG = {"model_type": "fake", "n_positions": POSITIONS, "vocab_size": VOCABULARY}


def write(folder: Path, config: Mapping[str, Any] | None = None, seed: int = 0) -> Path:
    """A checkpoint that `--teacher` takes: config, safetensors and tokenizer."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **(config or {})}))
    dice = Random(seed)
    write_table(folder, [dice.gauss(0, 1) for _ in range(VOCABULARY * WIDTH)], "f")
    write_tokenizer(folder)
    return folder


def write_tokenizer(folder: Path) -> None:
    """Byte-level BPE without a single merge."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: at for at, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.save(str(folder / "tokenizer.json"))


def write_table(folder: Path, numbers: Sequence[float], code: str) -> None:
    """The format: eight bytes of length, a JSON header, the data (safetensors' README)."""
    data = array(code, numbers)
    width = len(numbers) // VOCABULARY
    about = {
        "dtype": {"f": "F32", "b": "I8"}[code],
        "shape": [VOCABULARY, width],
        "data_offsets": [0, len(data) * data.itemsize],
    }
    header = json.dumps({"table": about}).encode()
    header += b" " * (-len(header) % 8)
    content = struct.pack("<Q", len(header)) + header + data.tobytes()
    (folder / WEIGHTS).write_bytes(content)


def read_table(folder: Path) -> tuple[list[float], str]:
    """The numbers and the code of their type."""
    content = (folder / WEIGHTS).read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    about = json.loads(content[8 : 8 + length])["table"]
    code = {"F32": "f", "I8": "b"}[about["dtype"]]
    return array(code, content[8 + length :]).tolist(), code
