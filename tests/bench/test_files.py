"""A file is replaced whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.errors import Misuse
from bench.files import check_target, write_atomically


def test_it_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    for text in ("one", "two \N{MULTIPLICATION SIGN}\n"):
        write_atomically(path, text)
        assert path.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["replace", "open"])
def test_a_failure_leaves_the_old_file_and_no_draft(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    path.write_text("older")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "replace") if step == "replace" else (Path, "open")), refuse)
        with pytest.raises(OSError, match="No space left"):
            write_atomically(path, "newer")
    assert path.read_text() == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "run.json").symlink_to(tmp_path / "real" / "run.json")
    write_atomically(tmp_path / "run.json", "text")
    assert (tmp_path / "run.json").is_symlink()
    assert (tmp_path / "real" / "run.json").read_text() == "text"


def test_a_dead_sessions_draft_does_not_block(tmp_path: Path) -> None:
    """Process ids come round again."""
    (tmp_path / f".run.json.{os.getpid()}.draft").write_text("half")
    write_atomically(tmp_path / "run.json", "whole")
    assert (tmp_path / "run.json").read_text() == "whole"


def test_targets_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for name, says in [
        (".", "is a folder"),
        ("none/x", "does not exist"),
        ("file/x", "does not exist"),
        ("pipe", "not an ordinary file"),
    ]:
        with pytest.raises(Misuse, match=says):
            check_target(tmp_path / name)
    check_target(tmp_path / "file")
    check_target(tmp_path / "new")
