"""What a REF means: a folder as it is, or a commit in a temporary worktree of our own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.errors import Misuse
from bench.origin import held


@contextmanager
def folder_of(ref: str, packages: tuple[str, ...]) -> Iterator[Path]:
    """The folder that holds what `ref` means; Misuse where it holds none of `packages`.

    A commit is checked out into a temporary folder. The user's own worktree and branches are
    never touched.
    """
    with _laid_out(ref) as folder:
        if not held(folder, packages):
            raise Misuse(f"{ref} holds none of the packages that declare variants: "
                         f"{', '.join(packages)}")  # fmt: skip
        yield folder


def commit_of(ref: str) -> str | None:
    """The commit that `ref` names here; None where it names a folder. Raises Misuse."""
    is_folder = bool(ref) and Path(ref).is_dir()
    if is_folder and (ref in (".", "..") or os.sep in ref):
        return None
    found = bool(ref) and _git(
        "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
    )
    if found and is_folder:
        raise Misuse(f"{ref!r} is both a folder and a git ref; write ./{ref} or refs/heads/{ref}")
    if found or is_folder:
        return found or None
    if _git("rev-parse", "--git-dir") is None:
        raise Misuse(f"{ref!r} is no folder, and there is no git repository here to find it in")
    raise Misuse(f"{ref!r} is neither a folder nor a commit, branch or tag of this repository")


def refuse_unsaved(base: str, head: str) -> str | None:
    """A line on changes of the worktree that are not measured; Misuse where they are what is meant.

    The commit that is checked out, measured as the head while the files have been changed since,
    would be judged in place of the change.
    """
    commits = (commit_of(base), commit_of(head))
    changed = (_git("status", "--porcelain", "--untracked-files=no") or "").splitlines()
    if not changed or not any(commits):
        return None
    count = f"{len(changed)} changed file{'s' if len(changed) > 1 else ''}"
    if commits[1] and commits[1] == _git("rev-parse", "HEAD"):
        raise Misuse(f"the working tree holds {count} that {head} does not; commit them, or "
                     "measure the files as they are with --head .")  # fmt: skip
    return (
        f"{count} of the working tree are in no commit and are not measured"
        if all(commits)
        else None
    )


@contextmanager
def _laid_out(ref: str) -> Iterator[Path]:
    commit = commit_of(ref)
    if commit is None:
        yield Path(ref).resolve()
        return
    inside = (_git("rev-parse", "--show-prefix") or "").strip("/")
    with TemporaryDirectory(prefix="weighbridge-") as folder:
        tree = Path(folder, "tree")
        done = subprocess.run(
            ["git", "worktree", "add", "--detach", "--quiet", str(tree), commit],
            capture_output=True, text=True, env=_quiet(),
        )  # fmt: skip
        try:
            if done.returncode:
                said = done.stderr.strip().splitlines() or ["git said nothing"]
                raise Misuse(f"{ref} cannot be checked out: {said[-1]}")
            yield tree / inside
        finally:
            _git("worktree", "remove", "--force", str(tree))
            _git("worktree", "prune")


def _git(*words: str) -> str | None:
    """What git says; None where it fails or is not there."""
    try:
        done = subprocess.run(["git", *words], capture_output=True, text=True, env=_quiet())
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _quiet() -> dict[str, str]:
    """No hook of the user's own runs for a checkout of ours, and nobody is asked anything."""
    hooks = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath",
             "GIT_CONFIG_VALUE_0": os.devnull}  # fmt: skip
    return {**os.environ, **hooks, "GIT_TERMINAL_PROMPT": "0"}
