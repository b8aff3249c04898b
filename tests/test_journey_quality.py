"""Quality against the teacher the whole way: other vocabularies, no numbers, a few-bit teacher."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from scipy.special import log_softmax
from tokenizers import Tokenizer

from bench.source import DEQUANTISED
from bench.stdlib_text import held_out
from bench.tokenizing import digest
from tests.fakes import _project
from tests.fakes._project import Ended, weigh
from tests.fakes.recipes import checkpoint


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One session on a teacher that was made from few bits."""
    project = _project.lay_out(tmp_path_factory.mktemp("quality"))
    (project / "checkpoint" / "origin.json").write_text(json.dumps({"dequantised": True}))
    return weigh(
        project, "--variant=teacher,int8,foreign,wider,overflowing", "--recipe=disjoint",
        "-k", "quality or samples or consistency", "--benchmark-json",
    )  # fmt: skip


def test_a_few_bit_teacher_is_flagged_in_every_row(ended: Ended) -> None:
    rows = [record for record in ended.cells.values() if record.figured]
    assert len(rows) > 5
    assert all(DEQUANTISED in record.warnings for record in rows)


def test_fidelity_is_that_of_the_two_tables(ended: Ended) -> None:
    """int8's KL to the teacher, worked out again from the folders that were made."""
    logs = []
    for name in ("teacher", "int8"):
        (weights,) = (ended.folder / "artifacts").glob(f"{name}-*/model.safetensors")
        table = np.array(checkpoint.read_table(weights.parent)[0]).reshape(256, -1)
        table = table / abs(table).max()
        logs.append(log_softmax(table @ table.T, axis=-1))
    tokenizer = Tokenizer.from_file(str(ended.folder / "checkpoint" / "tokenizer.json"))
    ids = tokenizer.encode(held_out()).ids[:200]
    before = [token for at, token in enumerate(ids[:-1]) if (at + 1) % 64]
    kl = (np.exp(logs[0]) * (logs[0] - logs[1])).sum(-1)[before]
    values = ended.cells["quality[int8]"].values
    assert values["kl"].value == pytest.approx(kl.mean(), rel=1e-4)
    assert values["kl_median"].value == pytest.approx(np.median(kl), rel=1e-4)
    assert values["kl_p99"].value is None  # 196 tokens are too few
    assert sum(values["loss"].weights) == len(before) == 196
    itself = ended.cells["quality[teacher]"].values
    assert (itself["kl"].value, itself["top1"].value, itself["loss_difference"].value) == (0, 1, 0)


def test_the_run_says_which_text_and_tokenizer(ended: Ended) -> None:
    said = ended.document["weighbridge"]["text"]
    assert (said["recipe"], said["tokens"], said["bytes"]) == ("disjoint-w64-t200", 200, 200)
    assert said["tokenizer"] == digest(ended.folder / "checkpoint")
    schema = json.loads((_project.ROOT / "bench" / "run.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(ended.document)


def test_texts_stand_side_by_side(ended: Ended) -> None:
    itself, other = (ended.cells[f"samples[{name}]"] for name in ("teacher", "int8"))
    assert itself.values["equal_tokens"].value == itself.values["equal_tokens_sampled"].value == 1
    assert all(text["teacher"] == text["variant"] for text in itself.facts["texts"])
    assert [text["teacher"] for text in other.facts["texts"]] == [
        text["teacher"] for text in itself.facts["texts"]
    ]
    assert {text["temperature"] for text in other.facts["texts"]} == {0.0, 0.8}


def test_a_table_says_the_same_however_it_is_asked(ended: Ended) -> None:
    found = ended.cells["consistency[teacher]"]
    assert found.values["cache_gap"].value == pytest.approx(0, abs=1e-6)
    assert found.warnings == (DEQUANTISED,)
    wrong = ended.cells["consistency[overflowing]"]
    assert any("decoding with its cache and without" in warning for warning in wrong.warnings)


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
