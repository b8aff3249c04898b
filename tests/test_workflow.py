"""The CI example: its steps run, on stand-ins, and every command in it is one that we take."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from reports.__main__ import build_parser

ROOT = Path(__file__).parents[1]
FILE = ROOT / ".github" / "workflows" / "bench.yml"
WORKFLOW: dict[str, Any] = yaml.safe_load(FILE.read_text())
STEPS = [
    (job, variant, step)
    for job, about in WORKFLOW["jobs"].items()
    for variant in about["strategy"]["matrix"]["variant"]
    for step in about["steps"]
    if "run" in step
]
STAND_IN = '#!/usr/bin/env bash\nprintf "%s\\n" "$(basename "$0")" "$@" "" >> "$CALLS"\n'


def run(step: dict[str, Any], variant: str, folder: Path) -> list[list[str]]:
    """Run a step as GitHub does, every program of ours a stand-in; what was called."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("python", "weighbridge"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    (programs / "python3").write_text(  # a venv holds a python of its own
        f'{STAND_IN}mkdir -p "$3/bin"\ncp "{programs}/python" "$3/bin"\n'
    )
    (programs / "python3").chmod(0o755)
    (folder / f"run-{variant}.json").write_text("{}")
    calls = folder / "calls"
    calls.touch()
    env = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "CALLS": str(calls),
        "VARIANT": variant,
        "BASE": "main",
        "GITHUB_PATH": str(folder / "path"),
    }
    subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]], cwd=folder, env=env, check=True
    )
    return [call.split("\n") for call in calls.read_text().strip().split("\n\n") if call]


@pytest.mark.parametrize(
    ("job", "variant", "step"), STEPS, ids=[f"{j}-{v}-{s['name']}" for j, v, s in STEPS]
)
def test_every_step_runs(job: str, variant: str, step: dict[str, Any], tmp_path: Path) -> None:
    calls = run(step, variant, tmp_path)
    for program, *words in calls:
        if program == "weighbridge":
            chosen = build_parser().parse_args(words)
            assert callable(chosen.command)
        if words[:2] == ["-m", "pytest"]:
            assert f"--variant=teacher,{variant}" in words
    assert calls or step["run"].startswith("cp ")


def test_the_variants_and_files_it_names_are_there() -> None:
    names = {variant for _, variant, _ in STEPS}
    assert {name for name in names if not (ROOT / "variants" / f"{name}.py").is_file()} == set()
    assert (ROOT / "constraints.txt").is_file()


def test_nothing_from_outside_is_pasted_into_a_shell() -> None:
    """A branch may be called `$(...)`: such names come through the environment alone."""
    assert [step["name"] for _, _, step in STEPS if "${{" in step["run"]] == []


def test_verdicts_are_kept_where_the_job_fails() -> None:
    for job in WORKFLOW["jobs"].values():
        (upload,) = (s for s in job["steps"] if "upload-artifact" in s.get("uses", ""))
        assert upload["if"] == "always()"


def test_actionlint_has_nothing_to_say() -> None:
    program = shutil.which("actionlint")
    if program is None:
        pytest.skip("actionlint is not installed")
    done = subprocess.run([program, str(FILE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
