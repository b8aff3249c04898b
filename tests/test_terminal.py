"""Sessions on a real terminal (a pty): the line is there while cells run, and never after."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes import _project
from tests.fakes._project import SMALL
from tests.fakes._terminal import Paper, on_a_terminal

ERASE = "\x1b[2K"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PLAIN = {"TERM": "dumb"}
"""A terminal that knows no codes, where pytest writes the same without colours."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With everything made."""
    folder = _project.lay_out(tmp_path_factory.mktemp("terminal"))
    assert session(folder, "--make-only")[0] == 0
    return folder


def session(
    project: Path, *words: str, width: int = 80, env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    all_ = ("--variant=teacher,wrong", "-k", "decode", "--seed=1", *SMALL, *words)
    return on_a_terminal(project, all_, width, env or {})


def left(said: str, width: int) -> list[str]:
    """What stands on the terminal at the end, without what the clock and the folder say."""
    paper = Paper(width)
    paper.write(COLOUR.sub("", said))
    lines = [re.sub(r"0x[0-9a-f]+|\d+", "0", line).rstrip("= ") for line in paper.shown]
    tables = ("weighbridge =", "benchmark '")  # whose figures differ from session to session
    end = next(at for at, line in enumerate(lines) if any(word in line + " =" for word in tables))
    return [line for line in lines[:end] if not re.search(r"0\.0+s (call|setup|teardown)", line)]


@pytest.mark.parametrize(
    ("words", "width"),
    [(("--durations=2",), 80), (("-v", "-x"), 40)],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_pytests_own_output_is_the_same_with_it(
    project: Path, words: tuple[str, ...], width: int
) -> None:
    code, live = session(project, *words, width=width)
    plain_code, plain = session(project, *words, width=width, env=PLAIN)
    assert code == plain_code == 1  # `wrong` fails its decode cell
    assert ERASE in live
    assert ERASE not in plain
    assert "measuring" in live
    assert "measuring  cell" not in " ".join(left(live, width))
    assert left(live, width) == left(plain, width)


def test_making_is_shown_and_leaves_one_line(project: Path) -> None:
    code, said = session(project, "--make-only", "--artifacts=anew")
    assert code == 0
    assert "making teacher  0:0" in COLOUR.sub("", said)
    paper = Paper(80)
    paper.write(COLOUR.sub("", said))
    assert [line for line in paper.shown if line.startswith("making teacher")] == [
        "making teacher: a table of bytes, float32"
    ]


def test_it_fits_a_narrow_terminal_and_honours_no_color(project: Path) -> None:
    _, said = session(project, env={"NO_COLOR": "1"}, width=40)
    shown = re.findall(re.escape(ERASE) + r"([^\x1b\r\n]+)", said)
    assert len(shown) >= 4
    assert [line for line in shown if len(line) >= 40] == []
    assert not COLOUR.search(said)


@pytest.mark.parametrize("words", [("-q",), ("-s",), ("-pno:terminal",)], ids=str)
def test_plain_where_asked_for(project: Path, words: tuple[str, ...]) -> None:
    code, said = session(project, *words)
    assert code == 1
    assert ERASE not in said
