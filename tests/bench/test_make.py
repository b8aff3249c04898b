"""A recipe in a child of its own: what it leaves, and its last word where it fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.catalog import Catalog
from bench.errors import MakeFailed
from bench.make import ChildMaker
from bench.variant import Place
from tests.fakes.recipes import checkpoint

PACKAGES = ("variants", "tests.fakes")


def make(name: str, base: Path, draft: Path) -> list[str]:
    said: list[str] = []
    draft.mkdir()
    ChildMaker(PACKAGES, (), Place(), said.append)(Catalog.of(PACKAGES).get(name), base, draft)
    return said


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return checkpoint.write(tmp_path / "base")


def test_a_child_fills_the_draft(base: Path, tmp_path: Path) -> None:
    assert make("int8", base, tmp_path / "draft") == ["making int8: the table rounded to 127 steps"]
    numbers, code = checkpoint.read_table(tmp_path / "draft")
    assert (code, max(map(abs, numbers))) == ("b", 127)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("unmakeable", "RuntimeError: the recipe is wrong"),
        ("clumsy", "IndexError: list assignment index out of range"),
        ("doomed", "its process was killed (out of memory?)"),
        ("trt", "trt: building engines is not there yet"),
    ],
)
def test_its_last_word_is_one_line(name: str, says: str, base: Path, tmp_path: Path) -> None:
    with pytest.raises(MakeFailed) as found:
        make(name, base, tmp_path / "draft")
    assert str(found.value) == f"{name} could not be made: {says}"


def test_our_own_process_is_left_alone(base: Path, tmp_path: Path) -> None:
    before = dict(os.environ)
    make("int8", base, tmp_path / "draft")
    assert dict(os.environ) == before
