"""The machine's limits come from a child, once a session, and are carried to its children."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
import pytest

from bench.limits import NoLimits, measure_limits
from bench.variant import Place
from tests.fakes import _project
from tests.fakes._project import weigh

FAKE = "tests.fakes.runtimes.table"


def keeps_the_schema(found: object) -> bool:
    schema = json.loads((_project.ROOT / "bench" / "run.schema.json").read_text())
    whole = {**schema["$defs"]["limits"], "$defs": schema["$defs"]}
    jsonschema.Draft202012Validator(whole).validate(found)
    return True


def test_they_are_what_the_runtime_says() -> None:
    found = measure_limits(FAKE, Place(threads=3))
    assert found is not None
    assert (found["threads"], found["read_bandwidth"]["limit"]) == (3, 1e12)
    assert keeps_the_schema(found)


def test_a_runtime_without_the_hook_has_none() -> None:
    assert measure_limits(None, Place()) is None


def test_a_runtime_that_breaks_is_one_line() -> None:
    with pytest.raises(NoLimits, match=r"^ModuleNotFoundError: No module named 'nobody_has_this'$"):
        measure_limits("nobody_has_this", Place())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return _project.lay_out(tmp_path)


def test_a_session_measures_them_once_and_every_cell_shows_its_share(project: Path) -> None:
    words = ("--batch=1", "--prompt=8", "--new=4", "--variant=teacher,int8")
    ended = weigh(project, *words, "-k", "decode or prefill", "--benchmark-json")
    assert ended.code == 0, ended.said
    assert ended.said.count("measuring what this machine can") == 1
    limits = ended.document["weighbridge"]["machine"]["limits"]
    assert keeps_the_schema(limits)
    decode = ended.cells["decode[teacher-b1-p8-n4]"]
    seconds, shares = (decode.values[n].samples for n in ("time_per_token", "bandwidth_share"))
    assert shares == pytest.approx([256 * 8 * 4 / second / 1e12 for second in seconds])
    prefill = ended.cells["prefill[teacher-b1-p8]"]
    seconds, shares = (prefill.values[name].samples for name in ("first_token", "flops_share"))
    assert shares == pytest.approx([2 * 256 * 8 / second / 1e15 for second in seconds])
    rates = prefill.values["prefill_rate"].samples
    assert rates == pytest.approx([8 / second for second in seconds])


def test_a_session_that_needs_none_measures_none(project: Path) -> None:
    ended = weigh(project, "--variant=int8", "-k", "quality", "--benchmark-json")
    assert ended.code == 0, ended.said
    assert "measuring what this machine" not in ended.said
    assert ended.document["weighbridge"]["machine"]["limits"] is None


def test_limits_that_cannot_be_measured_cost_the_shares_alone(project: Path) -> None:
    (project / "broken").mkdir()
    (project / "broken" / "__init__.py").touch()
    (project / "broken" / "engine.py").write_text(
        '"""Limits that break."""\ndef limits(place):\n    raise RuntimeError(\'no such kernel\')\n'
    )
    (project / "broken" / "teacher.py").write_text(
        "from dataclasses import replace\nfrom tests.fakes.teacher import teacher as theirs\n"
        "teacher = replace(theirs, limits='broken.engine')\ndel theirs\n"
    )
    _project.lay_out(project, "tests.fakes broken")
    words = ("--batch=1", "--prompt=8", "--new=4", "--variant=teacher", "-k", "decode")
    ended = weigh(project, *words, "--benchmark-json", env={"PYTHONPATH": path(project)})
    assert "could not be measured: RuntimeError: no such kernel" in ended.said
    found = ended.cells["decode[teacher-b1-p8-n4]"]
    assert (found.figured, found.values["bandwidth_share"].value) == (True, None)


def path(project: Path) -> str:
    return f"{_project.ROOT}:{project}:{sys.path[0]}"
