"""What is left of a child: its journal, torn or whole, and how it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.child import Children, in_child
from bench.journal import append
from bench.standby import JOURNAL


@pytest.fixture
def children(request: pytest.FixtureRequest) -> Children:
    return Children(config=request.config, arguments=(), threads=1, groups=[])


def test_only_the_environment_says_that_this_is_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:  # put back before our own session looks again
        patch.delenv(JOURNAL, raising=False)
        assert in_child() is None
        patch.setenv(JOURNAL, "/somewhere/journal")
        assert in_child() == Path("/somewhere/journal")


def test_a_torn_last_line_loses_only_itself(children: Children, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    append(journal, {"proofs": {"int8": {"linears": 24}}, "disproved": {"liar": "no int2"}})
    append(journal, {"proofs": {"int4": {"linears": 12}}})
    with journal.open("a") as stream:
        stream.write('{"proofs": {"half": {"lin')
    children._read(journal)
    assert children.proofs == {"int8": {"linears": 24}, "int4": {"linears": 12}}
    assert children.disproved == {"liar": "no int2"}


def test_a_journal_that_was_never_begun(children: Children, tmp_path: Path) -> None:
    children._read(tmp_path / "none")
    assert children.proofs == {}


def test_lines_stay_lines(children: Children, tmp_path: Path) -> None:
    """Also where a message holds what some call a line break."""
    odd = "one\u2028two\x85three\x0cfour\nfive"
    append(tmp_path / "journal", {"disproved": {"odd": odd}})
    append(tmp_path / "journal", {"disproved": {"last": "yes"}})
    children._read(tmp_path / "journal")
    assert children.disproved == {"odd": odd, "last": "yes"}
