"""The whole way, on stand-ins: sessions that end before their time."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.fakes import _project
from tests.fakes._project import SMALL, weigh


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return _project.lay_out(tmp_path)


def heed_ctrl_c() -> None:
    """A shell's background job is started deaf to Ctrl-C, and its children would be as well."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_keeps_what_was_measured(project: Path) -> None:
    ended = weigh(
        project, *SMALL, "--variant=teacher,interrupted", "-k", "decode or quality or prefill",
        "--seed=1", "--benchmark-json",
    )  # fmt: skip
    assert ended.code == pytest.ExitCode.INTERRUPTED, ended.said
    statuses = {record.status for record in ended.cells.values()}
    assert statuses == {"measured"}
    assert "decode[interrupted-b1-p8-n4]" not in ended.cells


def test_a_teacher_that_cannot_be_made_is_one_line(project: Path) -> None:
    """As where the disk is full."""
    _project.checkpoint.write(project / "checkpoint", {"refuse": True})
    ended = weigh(project, *SMALL, "--variant=int8", "--benchmark-json")
    assert "INTERNALERROR" not in ended.said
    assert "No space left on device" in ended.said
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert [path.name for path in (project / "artifacts").glob("*") if path.is_dir()] == []


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_session_ended_while_it_makes(project: Path, sign: signal.Signals) -> None:
    """Nothing half made is ever taken for whole, and an older run stays."""
    (project / "run.json").write_text("older")
    (project / "artifacts").mkdir()
    os.mkfifo(project / "artifacts" / "waiting")
    session = subprocess.Popen(
        _project.command("--variant=stuck,int8", "--seed=0", "--benchmark-json"),
        cwd=project, env=_project.environment(), stdout=subprocess.PIPE, text=True,
        preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    assert (project / "artifacts" / "waiting").read_text() == "yes"
    session.send_signal(sign)
    said, _ = session.communicate(timeout=60)  # ends when the child, too, has closed its output
    assert session.returncode == (-sign if sign == signal.SIGKILL else pytest.ExitCode.INTERRUPTED)
    assert "INTERNALERROR" not in said
    assert (project / "run.json").read_text() == "older"
    assert "stuck" not in _project.made_in(project)
    drafts = list((project / "artifacts").glob("stuck-*.draft"))
    assert len(drafts) == (sign == signal.SIGKILL)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_session_ended_while_a_child_measures(project: Path, sign: signal.Signals) -> None:
    """The child ends with it: its standard error, which is ours, is closed."""
    (project / "run.json").write_text("older")
    (project / "artifacts").mkdir()
    os.mkfifo(project / "artifacts" / "waiting")
    words = ("--variant=waiting", "-k", "memory", "--benchmark-json")
    session = subprocess.Popen(
        _project.command(*SMALL, *words),
        cwd=project, env=_project.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=heed_ctrl_c,
    )  # fmt: skip
    assert (project / "artifacts" / "waiting").read_text() == "yes"
    session.send_signal(sign)
    session.communicate(timeout=60)
    assert session.returncode == (-sign if sign == signal.SIGKILL else pytest.ExitCode.INTERRUPTED)
    assert (project / "run.json").read_text() == "older"
