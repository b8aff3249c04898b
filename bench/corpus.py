"""The raw evaluation text that `--text` names, whole or by documents."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from statistics import fmean

from bench import stdlib_text, wikitext
from bench.errors import Misuse


def content(name: str) -> str:
    """The raw text that `--text` names. Raises Misuse where there is none."""
    if name == "demo":
        return stdlib_text.held_out()
    if is_of_the_hub(name):
        return "\n\n".join(_rows(*name.split(":")))
    path = Path(name).expanduser()
    if path.is_file():
        return _read(path)
    raise Misuse(
        f"--text {name!r} is neither demo, nor a file that is here, nor "
        "hub-dataset:config:split:column"
    )


def documents(name: str) -> list[str]:
    """The same by documents: the demo's topics, a data set's rows, a file's pages.

    A file is one document, unless it has WikiText's titles. Raises Misuse where a data set's
    rows are lines: a perplexity per line is not what the name says.
    """
    if name == "demo":
        topics = stdlib_text.topics()
        return [text for topic, text in topics.items() if stdlib_text.is_held_out(topic)]
    if not is_of_the_hub(name):
        return wikitext.pages(content(name))
    rows = [row for row in _rows(*name.split(":")) if row.strip()]
    if rows and fmean("\n" not in row.strip() for row in rows) > 0.5:
        raise Misuse(
            f"--text {name}: its rows are single lines, and --recipe word scores documents; "
            "give a data set of whole documents, or a text file"
        )
    return rows


def is_of_the_hub(name: str) -> bool:
    """Whether `--text` names a column of a data set: dataset:config:split:column."""
    return name.count(":") == 3 and not Path(name).expanduser().is_file()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Misuse(f"--text {path} is not UTF-8 text") from None
    except OSError as error:
        raise Misuse(f"--text {path} cannot be read: {error.strerror}") from None


@lru_cache(maxsize=2)
def _rows(dataset: str, config: str, split: str, column: str) -> list[str]:
    try:
        from datasets import load_dataset
    except ImportError:
        raise Misuse(
            f"--text {dataset}:…: datasets is missing; pip install 'weighbridge[hub]'"
        ) from None
    try:
        return list(load_dataset(dataset, config or None, split=split)[column])
    except Exception as error:  # the hub's many ways to fail, all the user's to fix
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise Misuse(f"--text {dataset}:{config}:{split}:{column}: {why}") from None
