"""The line on the terminal: it shows what fits, and leaves pytest's own lines as they were."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import screen as room
from bench.screen import SCREEN, Screen, fitting, screen_of
from tests.fakes._terminal import Paper

WORDS = st.text(st.sampled_from("ab ."), max_size=30)


class Pretended:
    """Stands for pytest's terminal: what pytest writes, and we, lands on one paper."""

    def __init__(self, width: int) -> None:
        self.paper, self.line = Paper(width), ""

    def pytest_writes(self, text: str) -> None:
        self.paper.write(text.replace("\n", "\r\n"))  # as a terminal's driver does
        self.line = (self.line + text).rpartition("\n")[2]

    def write(self, text: str) -> None:
        self.paper.write(text)

    def columns(self) -> int:
        return self.paper.width

    def at(self) -> int:
        return len(self.line)

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m"


@given(
    st.integers(10, 30),
    st.lists(st.tuples(st.sampled_from(["dot", "line", "words"]), st.lists(WORDS, max_size=3))),
)
def test_pytests_own_output_stays_as_it_was(width: int, story: list[tuple[str, list[str]]]) -> None:
    """Whatever is shown between two things that pytest writes."""
    with_it, without = Pretended(width), Pretended(width)
    screen = Screen(with_it)
    for what, shown in story:
        text = {"dot": ".", "line": "a line\n", "words": "some more words of pytest"}[what]
        for terminal in (with_it, without):
            terminal.pytest_writes(text)
        for words in shown:
            screen.show([words, "and more"])
            assert len(with_it.paper.lines) <= len(without.paper.lines) + 1
        screen.clear()
        assert with_it.paper.shown == without.paper.shown
        assert (with_it.paper.row, with_it.paper.column) == (
            without.paper.row, without.paper.column,
        )  # fmt: skip


def test_it_stands_below_what_pytest_has_begun() -> None:
    terminal = Pretended(40)
    screen = Screen(terminal)
    terminal.pytest_writes("collected 2 items\nsuites/test_decode.py .")
    screen.show(["decode[int4]", "measuring"])
    screen.show(["decode[int4]", "±4.0% of 3.0%"])
    assert terminal.paper.shown == [
        "collected 2 items", "suites/test_decode.py .", "decode[int4]  ±4.0% of 3.0%",
    ]  # fmt: skip
    screen.clear()
    screen.clear()
    terminal.pytest_writes(".\n")
    assert terminal.paper.shown == ["collected 2 items", "suites/test_decode.py .."]


@pytest.mark.parametrize(
    ("width", "fits"),
    [
        (40, ["decode[int4-b1-p32-n16]", "±4.1% of 3.0%"]),
        (39, ["decode[int4-b1-p32-n16]", "±4.1% of 3.0%"]),
        (37, ["decode[int4-b1-p32-n16]", "32 laps"]),
        (80, ["decode[int4-b1-p32-n16]", "±4.1% of 3.0%", "32 laps", "cell 2 of 70"]),
        (10, ["decode[in…"]),
    ],
)
def test_what_matters_less_goes_first(width: int, fits: list[str]) -> None:
    parts = ["decode[int4-b1-p32-n16]", "±4.1% of 3.0%", "32 laps", "cell 2 of 70"]
    assert fitting(parts, width) == fits


def test_what_a_recipe_says_cannot_steer_the_terminal() -> None:
    assert fitting(["a\x1b[2Jb", "c\nd", ""], 40) == ["a [2Jb", "c d"]


class Config:
    """As much of pytest's config as the question needs."""

    def __init__(self, **said: Any) -> None:
        self.stash = pytest.Stash()
        self._said = {"tty": True, "verbosity": 0, "ini": False, "reporter": True, **said}
        self.pluginmanager = SimpleNamespace(getplugin=self._plugin)

    def _plugin(self, name: str) -> object:
        return SimpleNamespace(isatty=self._said["tty"]) if self._said["reporter"] else None

    def getoption(self, name: str, default: object = None) -> Any:
        return self._said.get(name, default)

    def getini(self, name: str) -> Any:
        return self._said["ini"]

    def get_verbosity(self) -> int:
        return int(self._said["verbosity"])


@pytest.mark.parametrize(
    ("said", "env"),
    [
        ({"tty": False}, {}),
        ({"reporter": False}, {}),
        ({"verbosity": -1}, {}),
        ({"capture": "no"}, {}),
        ({"capture": "tee-sys"}, {}),
        ({"usepdb": True}, {}),
        ({"trace": True}, {}),
        ({"setupshow": True}, {}),
        ({"log_cli_level": "INFO"}, {}),
        ({"ini": True}, {}),
        ({}, {"CI": "true"}),
        ({}, {"TERM": "dumb"}),
    ],
    ids=str,
)
def test_plain_lines_where_nobody_watches_or_others_write(
    said: dict[str, Any], env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(room, "_Ours", lambda config: "the terminal")
    watched: Any = Config(verbosity=1)
    assert screen_of(watched) == Screen("the terminal") == watched.stash[SCREEN]  # type: ignore
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    plain: Any = Config(**said)
    assert screen_of(plain) is None
    os.environ.pop("CI", None)
    assert screen_of(plain) is None  # asked once


def test_what_we_say_folds_on_words_where_somebody_watches() -> None:
    from bench.session import folded

    line = "making int8: the table rounded to 127 steps"
    assert folded(line, 40, watched=True) == ["making int8: the table rounded to 127", "steps"]
    assert folded(line, 40, watched=False) == [line]
    assert folded("a\nb", 40, watched=True) == ["a", "b"]
