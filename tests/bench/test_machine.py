"""The machine as the run file has it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import jsonschema
import pytest

from bench import machine
from bench.machine import describe, usable_threads, versions
from tests.fakes import _project


def test_it_keeps_the_schema(tmp_path: Path) -> None:
    schema = json.loads((_project.ROOT / "bench" / "run.schema.json").read_text())
    found = describe(2, tmp_path)
    jsonschema.Draft202012Validator(
        {**schema["$defs"]["machine"], "$defs": schema["$defs"]}
    ).validate(found)
    assert (found["threads"], found["commit"], found["dirty"]) == (2, None, False)
    assert found["cores"] == os.cpu_count()


def test_commit_and_changes_of_the_working_tree(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=x", "-c", "user.email=x@x")
        done = subprocess.run(
            ["git", *who, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    git("init", "-q")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-qm", "first")
    head = git("rev-parse", "HEAD")
    found = describe(1, tmp_path)
    assert (found["commit"], found["dirty"]) == (head, False)
    (tmp_path / "file").write_text("two")
    assert describe(1, tmp_path)["dirty"] is True


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000", 8), ("200000 100000", 2), ("150000 100000", 1), ("50000 100000", 1),
        ("9900000 100000", 8), ("", 8), ("nonsense", 8),
    ],
)  # fmt: skip
def test_threads_are_the_affinity_cut_by_the_quota(
    quota: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(machine, "Path", lambda _: tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert usable_threads() == expected


def test_every_package_that_we_build_on_has_its_version_in_the_run() -> None:
    """All that pyproject.toml asks for, but what cannot move a figure."""
    project = tomllib.loads((_project.ROOT / "pyproject.toml").read_text())["project"]
    extras = {n: w for n, w in project["optional-dependencies"].items() if n != "dev"}
    asked = {re.split(r"[<>=\[ ]", word)[0] for words in (project["dependencies"], *extras.values())
             for word in words}  # fmt: skip
    still = {"filelock", "iniconfig", "jinja2", "jsonschema", "orjson", "platformdirs", "rich"}
    still |= {"wandb", "mlflow-skinny", "sqlalchemy", "alembic", "tensorboard",
              "ruptures"}  # after it all  # fmt: skip
    assert asked - still <= set(machine.PACKAGES)


def test_variables_that_runtimes_obey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    monkeypatch.setenv("HF_TOKEN", "secret")
    found = machine.variables(3)
    assert (found["OMP_PROC_BIND"], found["OMP_NUM_THREADS"]) == ("true", "3")
    assert "HF_TOKEN" not in found


def test_governor_and_turbo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CPUS", tmp_path)
    monkeypatch.setattr(machine, "affinity", lambda: [0, 1])
    assert (machine.governor(), machine.turbo()) == (None, None)
    for cpu, word in enumerate(("powersave", "performance")):
        (tmp_path / f"cpu{cpu}" / "cpufreq").mkdir(parents=True)
        (tmp_path / f"cpu{cpu}" / "cpufreq" / "scaling_governor").write_text(f"{word}\n")
    (tmp_path / "cpufreq").mkdir()
    (tmp_path / "cpufreq" / "boost").write_text("1\n")
    assert (machine.governor(), machine.turbo()) == ("performance, powersave", True)
    (tmp_path / "intel_pstate").mkdir()
    (tmp_path / "intel_pstate" / "no_turbo").write_text("1\n")
    assert machine.turbo() is False


def test_versions_are_those_of_the_installed_packages() -> None:
    found = versions()
    assert found["pytest"] == pytest.__version__
    assert "a package that nobody has" not in found


def test_on_a_processor_there_is_no_gpu() -> None:
    assert machine.gpu("cpu") is None
