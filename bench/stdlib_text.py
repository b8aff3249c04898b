"""The text that every Python carries: topics held out for evaluation, the rest to train on."""

from __future__ import annotations

import ast
import hashlib
import re
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

SHINGLE_WORDS = 13
"""Decontamination length of GPT-3 (arXiv 2005.14165, appendix C)."""
WORD = re.compile(r"\w+")
LEFT_OUT = {"test", "tests", "idle_test", "site-packages", "pydoc_data", "encodings", "__pycache__"}


def is_held_out(topic: str) -> bool:
    """Whether a topic belongs to the evaluation text: by its name alone, so on any Python."""
    return _digest(topic)[0] % 2 == 0


@cache
def topics() -> dict[str, str]:
    """The language reference that `help()` shows, by topic, in an order that no text decides."""
    texts: dict[str, str] = import_module("pydoc_data.topics").topics
    return {name: texts[name].strip() + "\n" for name in sorted(texts, key=_digest)}


@cache
def held_out() -> str:
    """The default evaluation text."""
    return "\n\n".join(text for name, text in topics().items() if is_held_out(name))


@cache
def training_topics() -> str:
    """The other topics, without what they repeat of the held-out ones."""
    return clean("\n\n".join(text for name, text in topics().items() if not is_held_out(name)))


def docstrings() -> Iterator[str]:
    """One cleaned text per source file: its docstrings, outermost first."""
    for _, tree in _parsed():
        found = (ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, _OWNERS))
        if text := clean("\n\n".join(doc for doc in found if doc)):
            yield text


def sources() -> Iterator[str]:
    """The cleaned source of every file of the standard library, tests left out."""
    for text, _ in _parsed():
        yield clean(text)


def clean(text: str) -> str:
    """`text` without the paragraphs in which thirteen words in a row are the held-out text's.

    Runs that cross paragraphs count, also those that come together as one between them goes.
    """
    paragraphs = re.split(r"\n\s*\n", text.strip())
    while tainted := _tainted(paragraphs):
        paragraphs = [p for at, p in enumerate(paragraphs) if at not in tainted]
    return "\n\n".join(paragraphs) + "\n"


def shingles(text: str) -> Iterator[tuple[str, ...]]:
    """Every run of thirteen words, letters and digits only, in lower case."""
    words = WORD.findall(text.lower())
    for start in range(len(words) - SHINGLE_WORDS + 1):
        yield tuple(words[start : start + SHINGLE_WORDS])


_OWNERS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _tainted(paragraphs: list[str]) -> set[int]:
    """The paragraphs that a run of the held-out text touches, by their place."""
    counts = [len(WORD.findall(p.lower())) for p in paragraphs]
    owner = [at for at, count in enumerate(counts) for _ in range(count)]
    kept_back = _held_out_shingles()
    found: set[int] = set()
    for start, shingle in enumerate(shingles("\n\n".join(paragraphs))):
        if shingle in kept_back:
            found.update(owner[start : start + SHINGLE_WORDS])
    return found


@cache
def _held_out_shingles() -> frozenset[tuple[str, ...]]:
    return frozenset(shingles(held_out()))


def _parsed() -> Iterator[tuple[str, ast.Module]]:
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*.py")):
        if LEFT_OUT.isdisjoint(path.relative_to(root).parts):
            try:
                text = path.read_text(encoding="utf-8")
                yield text, ast.parse(text)
            except (UnicodeDecodeError, SyntaxError):  # lib2to3 carries Python 2 on purpose
                continue


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
