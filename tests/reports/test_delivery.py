"""Reports leave as files or to trackers: who may be away, missing or wrong, and the run stays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import needs
from bench.errors import Misuse, Unsent
from bench.record import Run
from reports import delivery
from reports.__main__ import main
from reports.delivery import aimed, parse_wanted, rendered, send, variables
from reports.report import Report
from tests.reports import sample
from tests.reports.test_cli import SESSION

TRACKERS = ["mlflow", "tensorboard", "wandb"]
AWAY = '''
"""A tracker that is away."""

from reports.report import Report


def _send(run, target):
    raise ConnectionError(f"nobody\\nanswers at {target}")


away = Report(name="away", summary="never there", send=_send, target="URI")
'''
HERE = AWAY.replace("away", "here").replace(
    'raise ConnectionError(f"nobody\\nanswers at {target}")', 'return f"{target} has it"'
)


def test_a_report_renders_or_sends() -> None:
    with pytest.raises(TypeError, match="'both' must either render or send"):
        Report(name="both", summary="", render=lambda runs: "", send=lambda run, target: "")
    with pytest.raises(TypeError, match="'neither' must"):
        Report(name="neither", summary="")


def test_neither_is_taken_for_the_other() -> None:
    page = Report(name="page", summary="", render=lambda runs: "text")
    post = Report(name="post", summary="", send=lambda run, target: f"at {target}")
    assert rendered(page, [sample.run()]) == "text"
    assert send(post, sample.run(), "home") == "at home"
    with pytest.raises(Misuse, match="post sends runs to a tracker"):
        rendered(post, [sample.run()])
    with pytest.raises(Misuse, match="page renders runs"):
        send(page, sample.run(), "home")


def test_whatever_a_tracker_raises_is_one_line() -> None:
    def fail(run: Run, target: str) -> str:
        raise RuntimeError("a\nlong\tstory " + "x" * 999)

    with pytest.raises(Unsent) as found:
        send(Report(name="post", summary="", send=fail), sample.run(), "home")
    assert str(found.value).startswith("post did not take the run: RuntimeError: a long story xx")
    assert len(str(found.value)) < 400
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("name", TRACKERS)
def test_a_missing_extra_is_the_pip_line_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda module: None)
    line = rf"{name} needs {name} \(pip install 'weighbridge\[{name}\]'\)"
    with pytest.raises(Misuse, match=line):
        parse_wanted([f"{name}=anything"])
    run = sample.write(tmp_path / "run.json")
    assert main(["report", name, str(run)]) == 2
    assert f"pip install 'weighbridge[{name}]'" in capsys.readouterr().err


def test_a_folder_of_that_name_is_no_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`wandb` leaves a folder `wandb` where it runs, which Python would take for a package."""
    (tmp_path / "a_trackers_folder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert needs.why_unmet(("a_trackers_folder",)) == ["needs a_trackers_folder"]
    assert needs.why_unmet(("json",)) == []


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("mlflow=store.db", "no tracking URI such as sqlite:///mlflow.db"),
        ("mlflow=sqlite:////nowhere/at/all/m.db", "the folder /nowhere/at/all does not exist"),
        ("mlflow=file:store", "given up its file store"),
        ("wandb=a/b/c", "no PROJECT or ENTITY/PROJECT"),
        ("wandb=what?", "no PROJECT or ENTITY/PROJECT"),
        ("tensorboard={file}", "is no folder"),
        ("tensorboard=", "is not NAME=PATH"),
    ],
)
def test_a_target_that_cannot_be_is_refused(
    said: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "why_unmet", lambda needs: [])
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    (tmp_path / "file").touch()
    with pytest.raises(Misuse, match=says):
        parse_wanted([said.format(file=tmp_path / "file")])


def test_a_target_holds_in_any_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "why_unmet", lambda needs: [])
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert parse_wanted(["tensorboard=tb", "mlflow=sqlite:///m.db", "wandb=me/models"]) == [
        ("tensorboard", str(tmp_path / "tb")),
        ("mlflow", f"sqlite:///{tmp_path}/m.db"),
        ("wandb", "me/models"),
    ]
    from reports.mlflow import mlflow

    assert aimed(mlflow, "") == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    assert aimed(mlflow, "") == "http://localhost:5000"


def test_variables_are_the_users_first_and_gone_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TRACKERS_OWN", "theirs")
    monkeypatch.delenv("A_TRACKERS_MODE", raising=False)
    with variables(A_TRACKERS_OWN="ours", A_TRACKERS_MODE="offline"):
        assert os.environ["A_TRACKERS_OWN"] == "theirs"
        assert os.environ["A_TRACKERS_MODE"] == "offline"
    assert "A_TRACKERS_MODE" not in os.environ


Session = Callable[..., pytest.RunResult]


@pytest.fixture
def session(pytester: pytest.Pytester) -> Session:
    """A session that ends with a run, in a repository with two trackers of its own."""
    run = sample.write(pytester.path / "measured.json")
    (pytester.path / "reports").mkdir()
    (pytester.path / "reports" / "away.py").write_text(AWAY)
    (pytester.path / "reports" / "here.py").write_text(HERE)
    pytester.makeconftest(
        f"import reports\nreports.__path__.append({str(pytester.path / 'reports')!r})\n"
        + SESSION.format(run=str(run))
    )
    pytester.makepyfile("def test_pass(): pass")
    root = str(Path(delivery.__file__).parents[1])

    def go(*words: str) -> pytest.RunResult:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", root)
            plugins = ("-pbench.plugin", "-preports.plugin", "-pno:hypothesispytest")
            return pytester.runpytest_subprocess(*plugins, *words)

    return go


def test_a_tracker_that_is_away_never_loses_the_run(
    session: Session, pytester: pytest.Pytester
) -> None:
    ended = session(
        "--report=away=there", "--report=html=page.html", "--report=here=home",
    )  # fmt: skip
    ended.assert_outcomes(passed=1)
    assert ended.ret == 0
    (kept,) = pytester.path.glob("unsent-*.json")
    assert kept.read_text() == (pytester.path / "measured.json").read_text()
    ended.stdout.fnmatch_lines(
        [
            "html: page.html",
            "weighbridge: warning: away did not take the run: ConnectionError: nobody answers at "
            f"there; the run is kept, `weighbridge report away {kept.name} -o there` sends it",
            "here: home has it",
        ]
    )
    assert (pytester.path / "page.html").read_text().startswith("<!doctype html>")


def test_a_run_that_is_kept_anyway_is_kept_once(
    session: Session, pytester: pytest.Pytester
) -> None:
    ended = session("--report=away=there", "--benchmark-json=measured.json")
    assert ended.ret == 0
    assert "`weighbridge report away measured.json -o there` sends it" in ended.stdout.str()
    assert list(pytester.path.glob("unsent-*")) == []
    assert json.loads((pytester.path / "measured.json").read_text())


def test_the_command_says_it_in_one_line_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(run: Run, target: str) -> str:
        raise ConnectionError("nobody answers")

    post = Report(name="html", summary="", send=away)
    monkeypatch.setattr("reports.__main__.find", lambda *_: {"html": post})
    run = sample.write(tmp_path / "run.json")
    assert main(["report", "html", str(run), "-o", "there"]) == 1
    error = capsys.readouterr().err
    assert (
        error == "weighbridge: error: html did not take the run: ConnectionError: nobody answers\n"
    )
