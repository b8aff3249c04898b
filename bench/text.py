"""The evaluation text: which, how much of it, and the fingerprint of its tokens."""

from __future__ import annotations

import hashlib
import platform
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bench import stdlib_text
from bench.errors import Misuse
from bench.settings import Settings, default

TOKENIZER = "tokenizer.json"
CHARACTERS, MARGIN = 8, 64
"""Read for each wanted token, and tokens beyond the last wanted one."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """The scored tokens, without any that a tokenizer would add."""

    name: str
    tokens: tuple[int, ...]
    window: int
    stride: int
    cap: int

    @property
    def recipe(self) -> str:
        """Says how the loss is worked out: figures of different recipes are never compared."""
        return f"hf-strided-w{self.window}-s{self.stride}-t{self.cap}"

    @property
    def fingerprint(self) -> str:
        """Of the token stream: sha256 over little-endian 32-bit ids."""
        ids = array("i", self.tokens)
        return hashlib.sha256(ids.tobytes()).hexdigest()[:16]

    def describe(self) -> dict[str, Any]:
        """For the run file."""
        return {
            "name": self.name,
            "recipe": self.recipe,
            "fingerprint": self.fingerprint,
            "tokens": len(self.tokens),
            "python": platform.python_version(),
        }


def content(name: str) -> str:
    """The raw text that `--text` names. Raises Misuse where there is none."""
    if name == "demo":
        return stdlib_text.held_out()
    path = Path(name).expanduser()
    if path.is_file():
        return _read(path)
    if name.count(":") == 3:
        return _from_hub(*name.split(":"))
    raise Misuse(
        f"--text {name!r} is neither demo, nor a file that is here, nor "
        "hub-dataset:config:split:column"
    )


def check(settings: Settings) -> None:
    """Everything about the text that can be said without a tokenizer. Raises Misuse."""
    if settings.text == "demo" or settings.text.count(":") == 3:
        return
    text = content(settings.text)
    if not text.strip():
        raise Misuse(f"--text {settings.text}: the file is empty")
    if len(text.encode()) < settings.window:  # a token holds at least one byte
        raise _too_short(settings, f"at most {len(text.encode())}")


def evaluation(settings: Settings, folder: Path, positions: int) -> Text:
    """The text as tokens of the tokenizer in `folder`. Raises Misuse where it is too short."""
    if settings.window > positions and settings.window != int(default("window")):
        raise Misuse(f"--window {settings.window} is longer than the model's {positions} positions")
    window = min(settings.window, positions)
    tokens = first_tokens(folder, content(settings.text), settings.eval_tokens)
    if len(tokens) < window:
        raise _too_short(settings, str(len(tokens)))
    return Text(
        name=settings.text,
        tokens=tuple(tokens),
        window=window,
        stride=settings.stride if window == settings.window else min(settings.stride, window // 2),
        cap=settings.eval_tokens,
    )


def training(folder: Path) -> Sequence[int]:
    """Tokens to cut prompts from: the topics that are not held out."""
    return encode(folder, stdlib_text.training_topics())


def first_tokens(folder: Path, text: str, count: int) -> Sequence[int]:
    """The first `count` tokens of `text`, without reading much more of it."""
    length = CHARACTERS * (count + MARGIN)
    while True:
        tokens = encode(folder, text[:length])
        if length >= len(text) or len(tokens) >= count + MARGIN:
            return tokens[:count]  # the cut may change the last tokens, which the margin holds
        length *= 2


@lru_cache(maxsize=4)
def encode(folder: Path, text: str) -> Sequence[int]:
    """Token ids of `text`, no special tokens added."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    except Exception as error:  # what the library raises has no class of its own
        raise Misuse(f"{folder / TOKENIZER} is no tokenizer: {_line(error)}") from None
    tokenizer.no_truncation()
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def _too_short(settings: Settings, count: str) -> Misuse:
    return Misuse(
        f"--text {settings.text}: {count} tokens are fewer than one window of "
        f"{settings.window}; give a longer text, more --eval-tokens or a smaller --window"
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Misuse(f"--text {path} is not UTF-8 text") from None
    except OSError as error:
        raise Misuse(f"--text {path} cannot be read: {error.strerror}") from None


@lru_cache(maxsize=2)
def _from_hub(dataset: str, config: str, split: str, column: str) -> str:
    try:
        from datasets import load_dataset
    except ImportError:
        raise Misuse(
            f"--text {dataset}:…: datasets is missing; pip install 'weighbridge[hub]'"
        ) from None
    try:
        rows = load_dataset(dataset, config or None, split=split)
        return "\n\n".join(rows[column])
    except Exception as error:  # the hub's many ways to fail, all the user's to fix
        raise Misuse(f"--text {dataset}:{config}:{split}:{column}: {_line(error)}") from None


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
