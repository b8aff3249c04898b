"""Refs: the user's worktree and branches stay as they were, whatever becomes of ours."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench.errors import Misuse
from reports.refs import commit_of, folder_of, refuse_unsaved

MINE = ("variants", "mine")


def git(folder: Path, *words: str) -> str:
    command = [
        "git",
        "-C",
        str(folder),
        "-c",
        "user.email=a@example.com",
        "-c",
        "user.name=a",
        *words,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits of a package `mine` in a subfolder, and a tag."""
    folder = tmp_path / "repository"
    (folder / "project" / "mine").mkdir(parents=True)
    file = folder / "project" / "mine" / "x.py"
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    for text in ("old", "new"):
        file.write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", text)
    git(folder, "tag", "v1", "HEAD~1")
    monkeypatch.chdir(folder / "project")
    return folder


def state(folder: Path) -> tuple[str, ...]:
    words = (
        ("status", "--porcelain"),
        ("branch", "-a"),
        ("worktree", "list"),
        ("rev-parse", "HEAD"),
    )
    return tuple(git(folder, *each) for each in words)


def test_a_commit_is_laid_out_and_taken_away(repository: Path) -> None:
    before = state(repository)
    with folder_of("v1", MINE) as folder:
        assert (folder / "mine" / "x.py").read_text() == "old"
        assert not folder.is_relative_to(repository)
    assert not folder.exists()
    assert state(repository) == before


def test_also_where_what_was_done_with_it_failed(repository: Path) -> None:
    before = state(repository)
    with pytest.raises(KeyboardInterrupt), folder_of("HEAD~1", MINE):
        raise KeyboardInterrupt
    assert state(repository) == before


def test_a_folder_is_taken_as_it_is(repository: Path) -> None:
    (repository / "project" / "mine" / "x.py").write_text("newest")
    with folder_of(".", MINE) as folder:
        assert folder == repository / "project"


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("v2", "'v2' is neither a folder nor a commit, branch or tag"),
        ("--help", "'--help' is neither"),
        ("", "'' is neither"),
    ],
)
def test_a_ref_that_does_not_exist(repository: Path, ref: str, says: str) -> None:
    with pytest.raises(Misuse, match=says):
        commit_of(ref)


def test_a_name_for_two_things(repository: Path) -> None:
    (repository / "project" / "v1").mkdir()
    with pytest.raises(Misuse, match="both a folder and a git ref"):
        commit_of("v1")


def test_a_ref_without_variants(repository: Path) -> None:
    with (
        pytest.raises(Misuse, match="v1 holds none of the packages that declare variants: other"),
        folder_of("v1", ("other",)),
    ):
        pass


def test_no_repository_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(Misuse, match="no git repository here"):
        commit_of("main")


def test_changes_that_would_be_judged_by_an_older_commit(repository: Path) -> None:
    assert refuse_unsaved("v1", "HEAD") is None
    (repository / "project" / "mine" / "x.py").write_text("newest")
    with pytest.raises(Misuse, match=r"1 changed file that HEAD does not; .* with --head \."):
        refuse_unsaved("v1", "HEAD")
    assert refuse_unsaved("v1", ".") is None
    assert "not measured" in str(refuse_unsaved("HEAD", "v1"))
