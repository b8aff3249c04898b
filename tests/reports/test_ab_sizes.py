"""`weighbridge ab` on cells without a clock: two folders, each with a session of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.fakes import _project

WIDE = '''"""wide: as the teacher, and so many bytes in memory."""
from pathlib import Path

from bench import Place, Variant


def load(folder: Path, place: Place):
    from tests.fakes.runtimes.table import TableModel

    class Wide(TableModel):
        def weight_bytes(self):
            return {{"float32": {size}}}

    return Wide(folder, place)


wide = Variant(name="wide", summary="wide", base="teacher", load=load,
    runtime="tests.fakes.runtimes.table")
'''


def test_sizes_and_losses_are_measured_in_both_arms_and_judged(tmp_path: Path) -> None:
    project = _project.lay_out(tmp_path / "project", packages="tests.fakes mine")
    for name, size in (("old", 8000), ("new", 9000)):
        package = project / name / "mine"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "wide.py").write_text(WIDE.format(size=size))
    (project / "mine").symlink_to(project / "old" / "mine")
    words = (*_project.PLUGINS, "--pyargs", "suites", "-k", "load or quality or speedup",
             *_project.SMALL, "--variant=wide")  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "reports", "ab", "--base", "./old", "--head", "./new", "--", *words],
        cwd=project, env=_project.environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 10, done.stdout + done.stderr
    kept = json.loads((project / "ab.json").read_text())
    found = {f"{one['cell']} {one['metric']}": one for one in kept["outcome"]["findings"]}
    assert found["load[wide] weight_bytes"]["verdict"] == "regressed"
    assert found["load[wide] weight_bytes"]["change"] == 0.125
    equal = {name for name, one in found.items() if one["verdict"] == "equivalent"}
    assert {"load[wide] disk_bytes", "load[wide] parameters", "quality[wide] loss"} <= equal
    assert "not judged: " in done.stdout
    assert "ready" in done.stdout
    assert "left out: 1 speedup cell: each sets a variant against the teacher" in done.stdout
    left = {tuple(one["cells"]): one for one in kept["outcome"]["left_out"]}
    assert ("speedup[wide-b1-p8-n4]",) in left
    assert "ready" in left[()]["metrics"]
    assert "sizes and losses 2/2 head" in done.stderr
    assert not (project / "ab.json.journal").exists()
    runs = [kept["runs"][name]["weighbridge"]["records"] for name in ("base", "head")]
    assert [sorted(one["suite"] for one in rows) for rows in runs] == [["load", "quality"]] * 2
