"""`weighbridge ab` as a whole: two commits in real process pairs, and every mistake in one line."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.journal import beside, held
from reports.__main__ import main
from tests.fakes import _project
from tests.reports.test_refs import git, state

SLOW = '''"""{name}: writes {times} times over."""
from pathlib import Path

from bench import Model, Place, Variant


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    class Slow(TableModel):
        def generate(self, prompt, new_tokens, tick=None):
            for _ in range({times} - 1):
                super().generate(prompt, new_tokens)
            return super().generate(prompt, new_tokens, tick)

    return Slow(folder, place)


{name} = Variant(name="{name}", summary="writes often", base="teacher", load=load,
    runtime="tests.fakes.runtimes.table")
'''
POLICY = """
control = "90%"  # for a busy machine: what is measured is three times as slow
[[rule]]
metric = "*"
margin = "25%"
"""
WORDS = (*_project.PLUGINS, "--pyargs", "suites", "-k", "decode", "--batch=1", "--prompt=8",
         "--new=16", "--variant=slow")  # fmt: skip


def lay_out(folder: Path) -> Path:
    """A project with its own package; the second commit makes `slow` slower."""
    _project.lay_out(folder, packages="tests.fakes mine")
    (folder / ".gitignore").write_text("artifacts\n__pycache__\n.benchmarks\nab.*\n")
    (folder / "gate.toml").write_text(POLICY)
    (folder / "mine").mkdir()
    (folder / "mine" / "__init__.py").touch()
    git(folder, "init", "-q", "-b", "main")
    for times in (2, 6):
        (folder / "mine" / "slow.py").write_text(SLOW.format(name="slow", times=times))
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", f"{times} times")
    return folder


def ab(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "reports",
        "ab",
        "--blocks=2",
        "--turn=2ms",
        "--policy=gate.toml",
        *words,
    ]
    return subprocess.run(
        [*command, "--", *WORDS],
        cwd=folder,
        env={**_project.environment(), "TMPDIR": str(temporary(folder))},
        capture_output=True,
        text=True,
    )


def temporary(folder: Path) -> Path:
    """Where these commands and their sessions put what is to go."""
    place = folder.parent / "temporary"
    place.mkdir(exist_ok=True)
    return place


@dataclass(frozen=True)
class Judged:
    """A comparison that ended, and the repository before and after."""

    done: subprocess.CompletedProcess[str]
    folder: Path
    before: tuple[str, ...]

    @property
    def verdicts(self) -> dict[str, str]:
        data = json.loads((self.folder / "ab.json").read_text())
        return {one["metric"]: one["verdict"] for one in data["outcome"]["findings"]}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    folder = lay_out(tmp_path_factory.mktemp("ab") / "project")
    before = state(folder)
    return Judged(ab(folder, "--base", "HEAD~1", "--head", "HEAD"), folder, before)


def test_a_variant_that_works_longer_is_called(judged: Judged) -> None:
    assert judged.done.returncode == 10, judged.done.stderr
    assert judged.verdicts["latency"] == "regressed"
    assert "regression: 1 regressed" in judged.done.stdout


def test_progress_tells_what_is_left(judged: Judged) -> None:
    assert "confirm 8 of 8 3/3 about 0 s left" in judged.done.stderr


def test_worktree_and_branches_are_untouched(judged: Judged) -> None:
    assert state(judged.folder) == judged.before


def test_nothing_is_left_in_the_temporary_folder(judged: Judged) -> None:
    """Neither a worktree nor what twenty sessions began with."""
    assert [*temporary(judged.folder).iterdir()] == []


def test_the_same_command_goes_on_from_a_journal(judged: Judged) -> None:
    """As after Ctrl-C: nine of ten pairs are there, and one is measured."""
    path = judged.folder / "ab.json"
    data = json.loads(path.read_text())
    lines = [{"weighbridge_pairs": 1, "same": data["same"]}]
    lines += [{"name": name, "pair": pair} for name, pair in data["pairs"].items()][:9]
    beside(path).write_text("".join(json.dumps(line) + "\n" for line in lines))
    again = ab(judged.folder, "--base", "HEAD~1", "--head", "HEAD")
    assert "9 pairs are taken from the journal" in again.stderr
    assert "confirm 7 of 8" not in again.stderr
    assert (again.returncode, judged.verdicts["latency"]) == (10, "regressed")
    assert not beside(path).exists()


def test_a_head_that_does_not_load_is_no_pass(judged: Judged) -> None:
    broken = judged.folder.parent / "broken" / "mine"
    broken.mkdir(parents=True)
    (broken / "__init__.py").touch()
    text = SLOW.format(name="slow", times=2).replace(
        "return Slow", "raise RuntimeError('no'); Slow"
    )
    (broken / "slow.py").write_text(text)
    done = ab(judged.folder, "--base", "HEAD~1", "--head", str(broken.parent), "-o", "ab.two.json")
    assert done.returncode == 11, done.stderr
    assert "missing" in done.stdout
    assert "head: failed: RuntimeError: no" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import nothing_such", "No module named 'nothing_such' (line 1 of "),
        ("def (", "mine.slow cannot be imported: SyntaxError: invalid syntax (slow.py, line 1)"),
        ("\n1 / 0", "mine.slow cannot be imported: ZeroDivisionError: division by zero (line 2 of"),
    ],
)
def test_a_base_that_cannot_be_imported(
    judged: Judged, tmp_path: Path, text: str, says: str
) -> None:
    """One line that names the file, and nothing is measured."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").touch()
    (tmp_path / "mine" / "slow.py").write_text(text)
    done = ab(judged.folder, "--base", str(tmp_path), "--head", ".", "-o", "ab.none.json")
    assert (done.returncode, done.stderr.count("\n")) == (12, 1)
    assert done.stderr.startswith("weighbridge: error: base: mine.slow cannot be imported: ")
    assert says in done.stderr
    assert not (judged.folder / "ab.none.json").exists()


# Mistakes: nothing is measured


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--base", "v9"], "'v9' is neither a folder nor a commit"),
        (["--base", "HEAD", "--head", "none/of/it"], "is neither a folder"),
        (["--blocks", "0"], "--blocks must be at least 1"),
        (["--turn", "fast"], "--turn 'fast' is no time"),
        (["-o", "none/ab.json"], "does not exist"),
        (["--policy", "none.toml"], "cannot be read"),
        (["--base-python", "python9"], "--base-python python9: no such program"),
        (["--", "--history=h.sqlite"], "--history=h.sqlite: the sessions of ab and aa are parts"),
        (["--", "--report", "html=x"], "--report: the sessions of ab and aa are parts"),
    ],
)
def test_a_mistake_is_one_line_and_12(
    judged: Judged,
    words: list[str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(judged.folder)
    assert main(["ab", *words, "--", "suites"]) == 12
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_an_interpreter_without_the_harness_is_a_mistake(
    judged: Judged,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    venv.create(tmp_path / "bare", symlinks=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    monkeypatch.chdir(judged.folder)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert main(["ab", "--base-python", python, "--", "suites"]) == 12
    error = capsys.readouterr().err
    assert error.startswith(f"weighbridge: error: --base-python {python} holds no Weighbridge")
    assert (error.count("\n"), "No module named" in error) == (1, True)


def test_two_comparisons_at_once_do_not_share_a_journal(
    judged: Judged, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(judged.folder)
    with held(beside(Path("ab.held.json")), "-o", print):
        assert main(["ab", "-o", "ab.held.json", "--", "suites"]) == 12
    error = capsys.readouterr().err
    assert error.startswith("weighbridge: error: ab.held.json.journal is in use: another session")
    assert error.endswith("or name another file with -o\n")
    assert not beside(Path("ab.held.json")).exists()


@pytest.mark.parametrize("how", ["word", "environment"])
def test_profiled_times_are_not_compared(judged: Judged, how: str) -> None:
    """Neither where it is asked for in the call, nor in the environment."""
    command = [sys.executable, "-m", "reports", "ab", "--base", "HEAD", "--head", "."]
    words = [*WORDS, *(["--profile"] if how == "word" else [])]
    more = {"WEIGHBRIDGE_PROFILE": "yes"} if how == "environment" else {}
    done = subprocess.run([*command, "-o", "ab.profiled.json", "--", *words], cwd=judged.folder,
                          env={**_project.environment(), **more}, capture_output=True,
                          text=True)  # fmt: skip
    assert done.returncode == 12
    assert done.stderr == (
        "weighbridge: error: times under --profile are compared with nothing; drop it, here and "
        "in WEIGHBRIDGE_PROFILE\n"
    )
    assert not (judged.folder / "ab.profiled.json").exists()


def test_a_selection_that_cannot_be_is_pytests_own_line(judged: Judged) -> None:
    command = [sys.executable, "-m", "reports", "ab", "--base", "HEAD", "--head", "."]
    words = [*_project.PLUGINS, "--pyargs", "suites", "--variant=int9"]
    done = subprocess.run([*command, "--", *words], cwd=judged.folder, env=_project.environment(),
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 12
    assert "base: variant 'int9' is declared nowhere" in done.stderr
