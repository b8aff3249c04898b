"""The journal of a comparison: gone on with where everything is the same, and only there."""

import json
from pathlib import Path

import numpy
import pytest

from bench.errors import BadRun, Misuse
from bench.journal import beside
from reports.stored import Book, read_pairs
from tests.reports.stored_pairs import pair

SAME = {"cells": ["a"], "effort": {"blocks": 8}}
PAIR = pair(numpy.random.default_rng(0))


def test_the_same_command_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ab.json"
    Book.open(path, SAME).keep("gate 0 screen 0", PAIR)
    with beside(path).open("a") as stream:
        stream.write('{"name": "torn')
    again = Book.open(path, SAME)
    assert (again.pairs, again.taken) == ({"gate 0 screen 0": PAIR}, 1)
    again.keep("gate 0 screen 1", PAIR)
    assert Book.open(path, SAME).taken == 2


def test_another_comparison_does_not(tmp_path: Path) -> None:
    Book.open(tmp_path / "ab.json", SAME).keep("gate 0 screen 0", PAIR)
    with pytest.raises(Misuse, match=r"\(effort differ\); remove it, or name another -o"):
        Book.open(tmp_path / "ab.json", {**SAME, "effort": {"blocks": 2}})


HEAD = '{"weighbridge_pairs": 1, "same": {}}'


@pytest.mark.parametrize(
    "text",
    [
        b'{"same": {}}',
        b'{"weighbridge_pairs": 1}',
        b"[1]",
        b"null",
        b"",
        b"\xff\xfe",
        f"{HEAD}\n[1]".encode(),
        f'{HEAD}\n{{"name": "gate 0 screen 0", "pair": {{}}}}'.encode(),
        f"{HEAD}\n{json.dumps({'name': 'x', 'pair': PAIR}).replace('0.00', '-0.00')}".encode(),
    ],
)
def test_a_foreign_or_damaged_journal_is_refused(tmp_path: Path, text: bytes) -> None:
    """Also one with a negative time."""
    beside(tmp_path / "ab.json").write_bytes(text + b"\n")
    with pytest.raises(Misuse, match="is no journal of a comparison"):
        Book.open(tmp_path / "ab.json", SAME)


def test_the_whole_file_takes_the_journals_place(tmp_path: Path) -> None:
    book = Book.open(tmp_path / "ab.json", SAME)
    book.keep("gate 0 screen 0", PAIR)
    book.finish({"outcome": {}})
    assert [path.name for path in tmp_path.iterdir()] == ["ab.json"]
    assert read_pairs(tmp_path / "ab.json") == {"gate 0 screen 0": PAIR}


@pytest.mark.parametrize(
    ("turns", "says"),
    [
        ([1.0], "has 1 and 8 turns"),
        ([1.0] * 7 + [-1.0], "no time"),
        ([1.0] * 7 + [float("nan")], "no time"),
        (["1"] * 8, "no time"),
        (None, "damaged"),
    ],
)
def test_damaged_turns_are_one_line(tmp_path: Path, turns: object, says: str) -> None:
    book = Book.open(tmp_path / "ab.json", SAME)
    book.keep("gate 0 screen 0", PAIR)
    book.finish({})
    data = json.loads((tmp_path / "ab.json").read_text())
    cells = data["pairs"]["gate 0 screen 0"]["cells"]
    cells["decode[int8-b1-p8-n4]"]["latency"]["base"] = turns
    (tmp_path / "ab.json").write_text(json.dumps(data))
    with pytest.raises(BadRun, match=says):
        read_pairs(tmp_path / "ab.json")


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_another_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "ab.json").write_text(text)
    with pytest.raises(BadRun):
        read_pairs(tmp_path / "ab.json")
