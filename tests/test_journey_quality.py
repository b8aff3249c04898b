"""Quality against the teacher the whole way: other vocabularies, no numbers, a few-bit teacher."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.source import DEQUANTISED
from tests.fakes import _project
from tests.fakes._project import Ended, weigh


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One session on a teacher that was made from few bits."""
    project = _project.lay_out(tmp_path_factory.mktemp("quality"))
    (project / "checkpoint" / "origin.json").write_text(json.dumps({"dequantised": True}))
    return weigh(
        project, "--variant=teacher,int8,foreign,wider,overflowing", "--recipe=disjoint",
        "-k", "quality or samples", "--benchmark-json",
    )  # fmt: skip


def test_a_few_bit_teacher_is_flagged_in_every_row(ended: Ended) -> None:
    rows = [record for record in ended.cells.values() if record.figured]
    assert len(rows) > 5
    assert all(DEQUANTISED in record.warnings for record in rows)


def test_another_tokenizer_is_scored_by_itself(ended: Ended) -> None:
    found = ended.cells["quality[foreign]"]
    assert found.status == "measured"
    assert "kl" not in found.values and "loss_difference" not in found.values
    assert any("tokenizer is not the teacher's" in warning for warning in found.warnings)
    mine, teacher = found.values["loss"], ended.cells["quality[teacher]"].values["loss"]
    assert teacher.recipe == "disjoint-w64-t200"
    assert str(mine.recipe).startswith("disjoint-w64-t200-tokenizer.")
    assert ended.cells["samples[foreign]"].status == "skipped"


def test_another_vocabulary_has_no_kl(ended: Ended) -> None:
    found = ended.cells["quality[wider]"]
    assert {found.values[name].value for name in ("kl", "kl_median", "kl_p99", "top1")} == {None}
    assert found.values["loss_difference"].value == pytest.approx(0, abs=1e-9)
    assert any("another size than the teacher's" in warning for warning in found.warnings)


def test_scores_that_are_no_numbers_fail_the_cell(ended: Ended) -> None:
    found = ended.cells["quality[overflowing]"]
    assert (found.status, dict(found.values)) == ("failed", {})
    assert found.message == "the logits of window 0 (tokens 0 to 64 of stream 0) are not finite"


def test_an_unknown_recipe_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    project = _project.lay_out(tmp_path)
    refused = weigh(project, "--recipe=lines")
    assert refused.code == 4
    assert "--recipe 'lines' is none of disjoint, hf-strided, llama.cpp, word" in refused.said
    assert refused.made == []
