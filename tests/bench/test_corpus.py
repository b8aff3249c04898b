"""The raw text, whole and by documents; the hub's library is a stand-in."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench import corpus
from bench.errors import Misuse


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the stand-in's column holds."""
    found: list[str] = []
    stand_in = SimpleNamespace(load_dataset=lambda *_, **__: {"page": found})
    monkeypatch.setitem(sys.modules, "datasets", stand_in)
    corpus._rows.cache_clear()
    return found


def test_the_demos_documents_are_its_topics() -> None:
    assert "\n\n".join(corpus.documents("demo")) == corpus.content("demo")


def test_a_file_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("one\n\ntwo\n")
    assert corpus.documents(str(tmp_path / "x.txt")) == ["one\n\ntwo\n"]


def test_rows_are_documents(rows: list[str]) -> None:
    rows += ["one\ntwo", "", "three\n\nfour"]
    assert corpus.documents("set::test:page") == ["one\ntwo", "three\n\nfour"]
    assert corpus.content("set::test:page") == "one\ntwo\n\n\n\nthree\n\nfour"


def test_rows_that_are_lines_are_no_documents(rows: list[str]) -> None:
    """Per-line perplexity explodes: 546 where the document's is 37."""
    rows += [" = Title = \n", "", " A line . \n", " Another . \n"]
    with pytest.raises(Misuse, match="its rows are single lines"):
        corpus.documents("set::test:page")
