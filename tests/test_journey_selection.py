"""The whole way, on stand-ins: what a command line selects, makes and measures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes import _project
from tests.fakes._project import HEAVY, SMALL, SUITES, weigh


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return _project.lay_out(tmp_path)


ONLY = "int4 and not (onnx_int4 or pruned)"
"""-k takes parts of names, and other variants have it in theirs."""


def test_k_selects_and_makes_only_what_is_needed(project: Path) -> None:
    (project / "run.json").write_text("older")
    ended = weigh(
        project, *SMALL, "-k", f"{ONLY} and (decode or prefill)", "--benchmark-json=run.json"
    )
    assert ended.code == 0, ended.said
    assert set(ended.cells) == {"decode[int4-b1-p8-n4]", "prefill[int4-b1-p8]"}
    assert ended.made == ["int4", "teacher"]
    (folder,) = (project / "artifacts").glob("int4-*/")
    weights = folder / "model.safetensors"
    flipped = bytearray(weights.read_bytes())
    flipped[-1] ^= 1
    weights.write_bytes(flipped)
    again = weigh(project, *SMALL, "-k", f"{ONLY} and decode", "--benchmark-json=run.json")
    assert again.code == 0, again.said
    (line,) = (line for line in again.said.splitlines() if line.startswith("int4: "))
    assert line.startswith(f"int4: {weights} is damaged")
    assert line.endswith("; it is made again")
    assert "warnings summary" not in again.said
    assert "making int4" in again.said
    assert "making teacher" not in again.said


def test_make_only_measures_nothing(project: Path) -> None:
    ended = weigh(project, "--make-only", "--variant=int8", "--benchmark-json")
    assert (ended.code, ended.made) == (0, ["int8", "teacher"]), ended.said
    assert not (project / "run.json").exists()
    failed = weigh(project, "--make-only", "--variant=unmakeable", "--benchmark-json")
    assert failed.code == 1, failed.said
    assert "unmakeable could not be made: RuntimeError: the recipe is wrong" in failed.said
    assert failed.made == ["int8", "teacher"]


def test_collection_imports_no_framework(project: Path) -> None:
    code = (
        "import sys, pytest; code = pytest.main(sys.argv[1:]);"
        f"print('HEAVY', code, sorted(set({HEAVY}) & set(sys.modules)))"
    )
    words = [*_project.command()[3:], "--collect-only", "-q"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=project, env=_project.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert "HEAVY 0 []" in done.stdout, done.stdout + done.stderr
    assert _project.made_in(project) == []


def test_benchmark_disable_runs_each_cell_once_and_writes_nothing(project: Path) -> None:
    (project / "run.json").write_text("older")
    ended = weigh(
        project, *SMALL, "--variant=int8", "--benchmark-disable", "--benchmark-json=run.json"
    )
    assert ended.code == 0, ended.said
    assert "6 passed" in ended.said
    assert (project / "run.json").read_text() == "older"


def test_a_load_cell_alone_needs_its_proof_too(project: Path) -> None:
    """A variant whose proof fails does not get a row, whichever suites were selected."""
    ended = weigh(project, "--variant=liar", "-k", "load", "--benchmark-json")
    assert ended.cell("load", "liar").status == "proof_failed"
    assert ended.code == 1


def test_override_of_the_ini_file_reaches_the_children(project: Path) -> None:
    (project / "pytest.ini").write_text(_project.INI.format(packages="variants"))
    words = ("--variant=int8", "-k", "load", "--benchmark-json", "-o", "bench_variants=tests.fakes")
    ended = weigh(project, *words)
    assert ended.cell("load", "int8").status == "measured", ended.said


MINE = '''
"""mine: a variant of the user's own."""

from pathlib import Path

from bench import Model, Place, Variant


def load(folder: Path, place: Place) -> Model:
    from tests.fakes.runtimes.table import TableModel

    return TableModel(folder, place)


mine = Variant(name="mine", summary="of my own", base="teacher", load=load)
'''


def test_a_users_own_variant_in_one_file(project: Path) -> None:
    """A project that only has Weighbridge installed, run as its README says."""
    _project.lay_out(project, "tests.fakes compressed")
    (project / "compressed").mkdir()
    (project / "compressed" / "__init__.py").touch()
    (project / "compressed" / "mine.py").write_text(MINE)
    ended = weigh(project, *SMALL, "-k", "mine and not quality", "--benchmark-json")
    assert ended.code == 0, ended.said
    assert {record.variant for record in ended.cells.values()} == {"mine"}
    assert {record.suite for record in ended.cells.values()} == {*SUITES} - {"quality"}
    assert ended.made == ["teacher"]


def test_a_package_that_shadows_ours_is_refused(project: Path) -> None:
    (project / "variants").mkdir()
    (project / "variants" / "__init__.py").touch()
    (project / "variants" / "broken.py").write_text("import nothing_of_that_name")
    done = subprocess.run(  # python -m pytest: the current folder comes first
        _project.command("--seed=0", "--benchmark-json"),
        cwd=project, env=_project.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert f"{project / 'variants'} shadows Weighbridge's own at {_project.ROOT}" in done.stderr
    assert not (project / "artifacts").exists()


def test_the_plugin_leaves_other_sessions_alone(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_other(): pass")
    code = (
        "import sys, pytest; code = pytest.main(sys.argv[1:]);"
        f"print('HEAVY', code, sorted(set({HEAVY}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *_project.PLUGINS, "-q", "-pno:cacheprovider"],
        cwd=tmp_path, env=_project.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert "HEAVY 0 []" in done.stdout, done.stdout + done.stderr
    left = set(os.listdir(tmp_path)) - {".benchmarks"}  # pytest-benchmark's own
    assert left <= {"test_other.py", "__pycache__"}


def test_a_session_of_skipped_cells_makes_nothing(project: Path) -> None:
    ended = weigh(project, "--variant=cudaonly", "-k", "decode or load", "--benchmark-json")
    assert ended.code == 0, ended.said
    assert {record.status for record in ended.cells.values()} == {"skipped"}
    assert ended.made == []
