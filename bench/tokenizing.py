"""Text to token ids and back, through the tokenizer.json of a checkpoint's folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from bench.errors import Misuse

TOKENIZER = "tokenizer.json"
CHARACTERS, MARGIN = 8, 64
"""Read for each wanted token, and tokens beyond the last wanted one."""
PASSING = ("truncation", "padding")
"""Parts of a tokenizer.json that change with its use, and no token that we ask for."""


@dataclass(frozen=True)
class Tokenized:
    """A text in tokens, and how many bytes of it each of them stands for."""

    ids: tuple[int, ...]
    sizes: tuple[int, ...]
    """UTF-8 bytes; white space that a token's own place leaves out counts to the next one."""


@lru_cache(maxsize=4)
def encode(folder: Path, text: str) -> Sequence[int]:
    """Token ids of `text`, no special tokens added."""
    tokenizer = _tokenizer(folder)
    ids: list[int] = _apart(partial(tokenizer.encode, text, add_special_tokens=False)).ids
    return ids


def first_tokens(folder: Path, text: str, count: int | None) -> Tokenized:
    """The first `count` tokens of `text`, without reading much more of it; None: all."""
    tokenizer = _tokenizer(folder)
    length = len(text) if count is None else CHARACTERS * (count + MARGIN)
    while True:
        found = _apart(partial(tokenizer.encode, text[:length], add_special_tokens=False))
        if length >= len(text) or len(found.ids) >= (count or 0) + MARGIN:
            break  # the cut may change the last tokens, which the margin holds
        length *= 2
    ends = list(accumulate((end for _, end in found.offsets[:count]), max, initial=0))
    sizes = (len(text[start:end].encode()) for start, end in pairwise(ends))
    return Tokenized(tuple(found.ids[:count]), tuple(sizes))


def decode(folder: Path, ids: Sequence[int]) -> str:
    """The text that the ids spell, special tokens included."""
    text: str = _tokenizer(folder).decode(list(ids), skip_special_tokens=False)
    return text


@lru_cache(maxsize=8)
def digest(folder: Path) -> str | None:
    """Of what the tokenizer does; None where the folder holds none."""
    path = folder / TOKENIZER
    if not path.is_file():
        return None
    try:
        rules = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _no_tokenizer(path, error) from None
    kept = {key: part for key, part in rules.items() if key not in PASSING}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def added_token(folder: Path) -> int | None:
    """The token that the tokenizer puts before every text by itself, if it does."""
    ids = _tokenizer(folder).encode("", add_special_tokens=True).ids
    return int(ids[0]) if ids else None


def beginning_token(folder: Path) -> int | None:
    """The token that stands for the beginning of a text, or else for the end of one.

    As the tokenizer's own settings name it, or else the model's.
    """
    tokenizer = _tokenizer(folder)
    for file, ending in (("tokenizer_config.json", "token"), ("config.json", "token_id")):
        said = _settings(folder / file)
        for key in ("bos", "eos"):
            name = said.get(f"{key}_{ending}")
            name = name.get("content") if isinstance(name, dict) else name
            found = tokenizer.token_to_id(name) if isinstance(name, str) else name
            if isinstance(found, int):
                return found
    return None


@lru_cache(maxsize=4)
def _tokenizer(folder: Path) -> Any:
    from tokenizers import Tokenizer

    try:
        tokenizer = _apart(partial(Tokenizer.from_file, str(folder / TOKENIZER)))
    except Exception as error:  # what the library raises has no class of its own
        raise _no_tokenizer(folder / TOKENIZER, error) from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _apart(call: Callable[[], Any]) -> Any:
    """What `call` returns, from a thread of its own, and so (glibc) from an arena of its own.

    A tokenizer makes a small block for every token. Freed among what stays, they left 12,000 holes
    in the heap from which a step's tensors come, and a `generate` of 20 ms took 4 % longer.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def _settings(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a file that may be missing
        return {}
    return found if isinstance(found, dict) else {}


def _no_tokenizer(path: Path, error: Exception) -> Misuse:
    why = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return Misuse(f"{path} is no tokenizer: {why}")
