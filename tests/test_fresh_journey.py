"""Suites that start fresh processes, on stand-ins: cold starts, what fits, and a stated length."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes import _project
from tests.fakes._project import Ended, weigh


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return _project.lay_out(tmp_path)


def test_a_cold_start_is_the_sum_of_its_parts(project: Path) -> None:
    words = ("--variant=teacher,flat", "--prompt=8", "-k", "cold", "--benchmark-json")
    ended = weigh(with_flat(project), *words)
    assert ended.code == 0, ended.said
    found = ended.cells["cold[teacher-b1-p8]"].values
    assert {len(found[name].samples) for name in ("cold_start", "first_call", "warm_call")} == {6}
    parts = zip(found["load_time"].samples, found["first_call"].samples, strict=True)
    assert found["cold_ready"].samples == pytest.approx([load + call for load, call in parts])
    starts = zip(found["cold_start"].samples, found["cold_ready"].samples, strict=True)
    assert all(start > ready > 0 for start, ready in starts)
    assert found["make_time"].value > 0  # type: ignore[operator]
    assert len(found["make_time"].samples) == 1
    assert ended.cells["cold[teacher-b1-p8]"].proof["dtype"] == "float32"
    assert ended.cells["cold[flat-b1-p8]"].values["make_time"].value is None  # nothing was made


def with_flat(project: Path) -> Path:
    """A variant that has no folder of its own."""
    (project / "mine").mkdir()
    (project / "mine" / "__init__.py").touch()
    (project / "mine" / "flat.py").write_text(
        "from dataclasses import replace\nfrom tests.fakes.teacher import teacher as theirs\n"
        "flat = replace(theirs, name='flat', base='teacher', make=None, replaces=None)\n"
        "del theirs\n"
    )
    return _project.lay_out(project, "tests.fakes mine")


def fitted(project: Path, *words: str) -> Ended:
    return weigh(project, "--variant=teacher", "-k", "fit", "--benchmark-json", *words)


def test_what_fits_into_a_budget(project: Path) -> None:
    ended = fitted(project, "--memory=160MB")
    assert ended.code == 0, ended.said
    found = ended.cells["fit[teacher-b1-p32-n16]"]
    batch, prompt = found.values["largest_batch"], found.values["longest_prompt"]
    assert batch.recipe == "memory=160000000-p32-n16"
    assert prompt.recipe == "memory=160000000-b1-n16"
    assert prompt.value == 160 - 16
    assert found.warnings == ("longest_prompt is limited by the model's 160 positions",)
    tried = {row["size"]: row for row in found.facts["largest_batch_tried"]}
    assert 64 < batch.value < 65536  # type: ignore[operator]
    assert all(row["peak"] <= 160e6 for row in tried.values() if row["fits"])
    assert tried[batch.value]["fits"]
    lost = min(size for size, row in tried.items() if not row["fits"])
    assert lost - batch.value <= batch.value // 32  # type: ignore[operator]


def test_a_budget_that_the_imports_use_up(project: Path) -> None:
    ended = fitted(project, "--memory=1MB")
    found = ended.cells["fit[teacher-b1-p32-n16]"]
    assert (found.status, found.values["largest_batch"].value) == ("measured", None)
    assert "not even 1 fits: the imports alone hold" in found.warnings[0]


def test_more_than_is_free_is_not_tried(project: Path) -> None:
    ended = fitted(project, "--memory=900TiB")
    found = ended.cells["fit[teacher-b1-p32-n16]"]
    assert (found.status, found.values) == ("skipped", {})
    assert "are free now" in str(found.message)


def test_another_error_is_no_answer(project: Path) -> None:
    ended = weigh(project, "--variant=narrow", "-k", "fit", "--benchmark-json", "--memory=160MB")
    found = ended.cells["fit[narrow-b1-p32-n16]"]
    assert (found.status, ended.code) == ("failed", 1)
    assert "NotImplementedError: one token at most" in str(found.message)


def test_a_text_of_a_stated_length(project: Path) -> None:
    words = ("--variant=teacher", "-k", "generation", "--benchmark-json", "--new=100")
    ended = weigh(project, *words)
    assert ended.code == 0, ended.said
    found = ended.cells["generation[teacher-b1-p32-n100]"].values
    seconds = found["generation_time"].samples
    assert found["generation_rate"].samples == pytest.approx([100 / second for second in seconds])
    assert "generation b1-p32-n100" in ended.said
    assert "generation_time" in ended.said


def test_a_suites_own_length_beyond_the_model_is_skipped(project: Path) -> None:
    """The stand-in has 160 positions; 32 and 250 are the suite's own, so nobody is to blame."""
    ended = weigh(project, "--variant=teacher", "-k", "generation or prefill", "--benchmark-json")
    assert ended.code == 0, ended.said
    found = ended.cells["generation[teacher-b1-p32-n250]"]
    assert (found.status, found.message) == (
        "skipped", "282 tokens are more than the model's 160 positions",
    )  # fmt: skip
    assert ended.cells["prefill[teacher-b1-p32]"].figured


def test_suites_outside_the_default_set_run_where_they_are_named(project: Path) -> None:
    small = ("--variant=int8", "--collect-only", "-q")
    assert "test_cold" not in weigh(project, *small).said
    assert "test_cold" not in weigh(project, *small, "-k", "int8").said
    assert "test_cold" in weigh(project, *small, "-k", "cold").said
    assert "test_cold" in weigh(project, *small, "--all").said
