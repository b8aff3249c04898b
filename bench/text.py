"""The evaluation text: which, how much of it, how it is scored, and its fingerprint."""

from __future__ import annotations

import hashlib
import platform
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from bench import corpus, stdlib_text, tokenizing
from bench.errors import Misuse
from bench.recipe import Layout, Recipe, Window, recipes
from bench.settings import Settings, default
from bench.streams import Stream, by_documents, whole


@dataclass(frozen=True, kw_only=True)
class Text:
    """What is scored, and how."""

    name: str
    streams: tuple[Stream, ...]
    way: Recipe
    window: int
    stride: int
    prefix: int | None = None
    """The token that is fed before the windows that ask for it."""
    detokenised: bool = False
    tokenizer: str | None = None
    """What its tokenizer is, in sixteen hexadecimal digits."""
    foreign: bool = False
    """Whether that is another one than the teacher's."""

    @cached_property
    def tokens(self) -> tuple[int, ...]:
        """Of all streams, one after the other."""
        return tuple(token for stream in self.streams for token in stream.tokens)

    @property
    def recipe(self) -> str:
        """Says how the figures are worked out: those of different recipes are never compared."""
        parts = [self.way.name, f"w{self.window}"]
        parts += [f"s{self.stride}"] if self.way.strides else []
        parts.append(f"t{len(self.tokens)}")
        if self.way.prefix == "as tokenizer":
            parts.append("nobos" if self.prefix is None else "bos")
        parts += ["detokenised"] if self.detokenised else []
        parts += [f"tokenizer.{(self.tokenizer or 'unknown')[:8]}"] if self.foreign else []
        return "-".join(parts)

    @property
    def fingerprint(self) -> str:
        """Of the token stream: sha256 over little-endian 32-bit ids, documents set apart."""
        ends = [-1] if len(self.streams) > 1 else []
        ids = array("i", (token for s in self.streams for token in [*s.tokens, *ends]))
        return hashlib.sha256(ids.tobytes()).hexdigest()[:16]

    def windows(self) -> Iterator[Window]:
        """As the recipe cuts them, stream by stream."""
        for at, stream in enumerate(self.streams):
            layout = Layout(
                len(stream.tokens), self.window, self.stride, prefix=self.prefix is not None
            )
            yield from (replace(window, stream=at) for window in self.way.windows(layout))

    def row(self, window: Window) -> list[int]:
        """The tokens of a window, with the prefix token where it has one."""
        before = [self.prefix] if window.prefixed and self.prefix is not None else []
        return [*before, *self.streams[window.stream].tokens[window.start : window.end]]

    def describe(self) -> dict[str, Any]:
        """For the run file."""
        return {
            "name": self.name,
            "recipe": self.recipe,
            "fingerprint": self.fingerprint,
            "tokenizer": self.tokenizer,
            "tokens": len(self.tokens),
            "documents": len(self.streams),
            "bytes": sum(stream.bytes for stream in self.streams),
            "python": platform.python_version(),
        }


def check(settings: Settings) -> None:
    """Everything about the text that can be said without a tokenizer. Raises Misuse."""
    if settings.text == "demo" or corpus.is_of_the_hub(settings.text):
        return
    text = corpus.content(settings.text)
    if not text.strip():
        raise Misuse(f"--text {settings.text}: the file is empty")
    wanted = recipes()[settings.recipe].shortest * settings.window
    if len(text.encode()) < wanted - 1:  # a token holds at least one byte; one may be BOS
        raise _too_short(settings, f"at most {len(text.encode())}", wanted)


def evaluation(settings: Settings, folder: Path, positions: int, foreign: bool = False) -> Text:
    """The text as tokens of the tokenizer in `folder`. Raises Misuse where it is too short."""
    if settings.window > positions and settings.window != int(default("window")):
        raise Misuse(f"--window {settings.window} is longer than the model's {positions} positions")
    way, window = recipes()[settings.recipe], min(settings.window, positions)
    read = by_documents if way.documents else whole
    streams, detokenised = read(folder, settings.text, settings.eval_tokens)
    text = Text(
        name=settings.text,
        streams=streams,
        way=way,
        window=window,
        stride=settings.stride if window == settings.window else min(settings.stride, window // 2),
        prefix=_prefix(way, folder),
        detokenised=detokenised,
        tokenizer=tokenizing.digest(folder),
        foreign=foreign,
    )
    _check_length(settings, text)
    return text


def training(folder: Path) -> Sequence[int]:
    """Tokens to cut prompts from: the topics that are not held out."""
    return tokenizing.encode(folder, stdlib_text.training_topics())


def _prefix(way: Recipe, folder: Path) -> int | None:
    if way.prefix == "never":
        return None
    if way.prefix == "as tokenizer":
        return tokenizing.added_token(folder)
    found = tokenizing.beginning_token(folder)
    if found is None:
        raise Misuse(
            f"--recipe {way.name} feeds a beginning- or end-of-text token first, and neither the "
            f"tokenizer's nor the model's settings in {folder} name one; take another recipe"
        )
    return found


def _check_length(settings: Settings, text: Text) -> None:
    """Enough tokens for the recipe, and for what was asked for by number. Raises Misuse."""
    found, wanted = len(text.tokens), text.way.shortest * text.window
    if found + (text.prefix is not None) < wanted or not found:
        raise _too_short(settings, str(found), wanted)
    asked = settings.eval_tokens
    if asked and asked != int(default("eval_tokens")) and found < asked and not text.way.documents:
        raise Misuse(
            f"--text {settings.text} holds {found} tokens, and --eval-tokens {asked} asks for "
            "more; --eval-tokens all takes what there is"
        )


def _too_short(settings: Settings, count: str, wanted: int) -> Misuse:
    return Misuse(
        f"--text {settings.text}: {count} tokens are fewer than the {wanted} that --recipe "
        f"{settings.recipe} needs with windows of {settings.window}; give a longer text, more "
        "--eval-tokens or a smaller --window"
    )
