"""Whose code a figure comes from: the project's commit, and never another's in its place."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bench import commit


@pytest.fixture
def git(tmp_path: Path) -> Path:
    """A project with one commit that does not track `venv`."""
    who = ("-c", "user.name=x", "-c", "user.email=x@x")
    (tmp_path / "file").write_text("one")
    (tmp_path / ".gitignore").write_text("venv\n")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True)
    return tmp_path


def test_a_tree_is_clean_until_it_is_changed(git: Path) -> None:
    known = commit.tree(git)
    assert (len(known["commit"]), known["dirty"]) == (40, False)
    (git / "file").write_text("two")
    assert commit.tree(git) == {**known, "dirty": True}


@pytest.mark.parametrize("name", ["run.json", "run.json.journal", "run.traces/a b.json", "é.html"])
def test_what_a_run_leaves_changes_no_code(git: Path, name: str) -> None:
    (git / name).parent.mkdir(exist_ok=True)
    (git / name).write_text("{}")
    assert commit.tree(git)["dirty"] is False


@pytest.mark.parametrize("name", ["mine/new.py", "mine/a b.py", "é.py", "pytest.ini", "gate.toml"])
def test_code_that_no_commit_holds_is_a_change(git: Path, name: str) -> None:
    (git / name).parent.mkdir(exist_ok=True)
    (git / name).write_text("")
    assert commit.tree(git)["dirty"] is True


def test_without_a_tree_there_is_no_commit(tmp_path: Path) -> None:
    assert commit.tree(tmp_path) == {"commit": None, "dirty": False}


def test_installed_in_a_project_it_does_not_take_the_projects_commit(
    git: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = git / "venv" / "bench"
    shutil.copytree(commit.HOME, installed, ignore=shutil.ignore_patterns("__pycache__"))
    code = commit.harness()["code"]
    monkeypatch.setattr(commit, "HOME", installed)
    monkeypatch.setattr(commit, "__file__", str(installed / "commit.py"))
    found = commit.harness()
    assert (found["commit"], found["dirty"], found["code"]) == (None, False, code)
    (installed / "cell.py").write_text("another")
    assert commit.harness()["code"] != code
