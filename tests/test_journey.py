"""The whole way, on stand-ins: one session with everything that can become of a cell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from bench.reading import read
from tests.fakes import _project
from tests.fakes._project import SMALL, SUITES, Ended, weigh

EVERY = "teacher,int8,liar,hungry,narrow,wrong,killed,crashing,unmakeable,cudaonly"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One session with everything that can become of a cell."""
    project = _project.lay_out(tmp_path_factory.mktemp("full"))
    (project / "run.json").write_text("older")
    return weigh(
        project, *SMALL, f"--variant={EVERY}", "--chain=thin+int8", "--benchmark-json",
        "--report=html=page.html", "--report", "json_rows=rows.json",
    )  # fmt: skip


def test_bare_benchmark_json_is_run_json_and_whole(full: Ended) -> None:
    assert "run: run.json" in full.said
    assert read(full.folder / "run.json").settings["teacher"] == "checkpoint"
    left = {path.name for path in full.folder.iterdir()} - {".benchmarks"}
    assert left == {
        "pytest.ini", "checkpoint", "artifacts", "run.json", "page.html", "rows.json",
    }  # fmt: skip


def test_the_run_keeps_its_schema(full: Ended) -> None:
    schema = json.loads((_project.ROOT / "bench" / "run.schema.json").read_text())
    faults = jsonschema.Draft202012Validator(schema).iter_errors(full.document)
    assert [error.message for error in faults] == []


def test_a_failed_cell_gives_exit_code_1(full: Ended) -> None:
    assert full.code == 1
    assert "INTERNALERROR" not in full.said


def test_exactly_the_named_variants_and_every_suite(full: Ended) -> None:
    found = {(record.suite, record.variant) for record in full.cells.values()}
    names = [*EVERY.split(","), "thin+int8"]
    assert found == {(suite, name) for suite in SUITES for name in names}


def test_only_what_is_needed_was_made(full: Ended) -> None:
    assert full.made == ["int8", "teacher", "thin", "thin+int8"]


def test_a_measured_cell_carries_its_figures_and_its_proof(full: Ended) -> None:
    for name, dtype in (("teacher", "float32"), ("int8", "int8"), ("thin+int8", "int8")):
        for suite in SUITES:
            found = full.cell(suite, name)
            assert (found.status, found.proof["dtype"]) == ("measured", dtype)
    decode = full.cell("decode", "teacher").values
    assert {len(decode[key].samples) for key in ("latency", "decode_rate")} == {32}
    timed = [v for v in decode.values() if v.kind == "timing" and v.value is not None]
    assert all(v.low <= v.value <= v.high for v in timed)  # type: ignore[operator]


def test_sizes_are_those_of_the_files(full: Ended) -> None:
    """256 rows of 8 columns; one or four bytes each, the header's on disk besides."""
    (weights,) = (full.folder / "artifacts").glob("int8-*/model.safetensors")
    values = full.cell("load", "int8").values
    assert values["disk_bytes"].value == weights.stat().st_size
    assert values["weight_bytes"].value == 256 * 8
    assert full.cell("load", "teacher").values["weight_bytes"].value == 256 * 8 * 4
    assert full.cell("load", "thin+int8").values["parameters"].value == 256 * 4


def test_the_peak_is_the_models_own(full: Ended) -> None:
    """A table of 8 kB, asked for four tokens, takes no 16 MB above the baseline."""
    peak = full.cell("memory", "teacher").values["peak_host"].value
    assert peak is not None
    assert peak < 16e6


def test_clocked_cells_are_rows_of_pytest_benchmark(full: Ended) -> None:
    rows = {row["fullname"]: row for row in full.document["benchmarks"]}
    row = rows["decode[int8-b1-p8-n4]"]
    ours = row["extra_info"]["bench"]["values"]["latency"]
    assert row["params"] == {"variant": "int8", "workload": "b1-p8-n4"}
    assert row["stats"]["data"] == pytest.approx(ours["samples"][ours["cut"] :])
    assert row["stats"]["median"] == pytest.approx(ours["value"])
    assert not any(name.startswith(("load", "memory", "quality")) for name in rows)


def test_pytest_benchmark_compares_it(full: Ended) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("pytest-benchmark"), "compare", "run.json"],
        cwd=full.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "decode[int8-b1-p8-n4]" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("suite", "variant", "status", "says"),
    [
        ("decode", "hungry", "out_of_memory", "MemoryError: wanted 8 TiB"),
        ("memory", "hungry", "out_of_memory", "MemoryError: wanted 8 TiB"),
        ("decode", "narrow", "unsupported", "NotImplementedError: one token at most"),
        ("memory", "narrow", "unsupported", "NotImplementedError: one token at most"),
        ("decode", "wrong", "failed", "AssertionError: assert [3] == [4]"),
        ("memory", "killed", "out_of_memory", "killed, most likely out of memory"),
        ("memory", "crashing", "crashed", "SIGABRT"),
        *((s, "liar", "proof_failed", "liar: expected 4 int2 linears") for s in SUITES),
        *((s, "unmakeable", "failed", "RuntimeError: the recipe is wrong") for s in SUITES),
        *((s, "cudaonly", "skipped", "a_module_that_nobody_has") for s in SUITES),
    ],
)
def test_what_became_of_a_cell(
    full: Ended, suite: str, variant: str, status: str, says: str
) -> None:
    found = full.cell(suite, variant)
    assert (found.status, dict(found.values)) == (status, {})
    assert says in (found.message or "")
    assert "\n" not in (found.message or "")
    absent = {row["variant"] for row in full.document["weighbridge"]["absent"]}
    assert variant in absent


@pytest.mark.parametrize(
    ("variant", "suites"),
    [
        ("hungry", ("load", "prefill", "quality")),
        ("narrow", ("load", "prefill", "quality")),
        ("wrong", ("load", "prefill", "quality")),
        ("killed", ("load", "decode", "prefill", "quality")),
        ("crashing", ("load", "decode", "prefill", "quality")),
    ],
)
def test_the_cells_after_a_failed_one_go_on(
    full: Ended, variant: str, suites: tuple[str, ...]
) -> None:
    assert {full.cell(suite, variant).status for suite in suites} == {"measured"}


def test_the_page_and_the_table_name_what_is_missing(full: Ended) -> None:
    page = (full.folder / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    for words in ("wanted 8 TiB", "a_module_that_nobody_has", "int2 linears"):
        assert words in page
        assert words in full.said
    assert json.loads((full.folder / "rows.json").read_text())


def test_loss_is_that_of_the_table(full: Ended) -> None:
    """Worked out again from the checkpoint's own numbers."""
    import numpy
    from tokenizers import Tokenizer

    from bench.stdlib_text import held_out
    from tests.fakes.recipes import checkpoint

    folder = full.folder / "checkpoint"
    table = numpy.array(checkpoint.read_table(folder)[0]).reshape(256, -1)
    table = table / abs(table).max()
    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(held_out()).ids[:200]
    scores = table @ table.T
    losses = numpy.log(numpy.exp(scores).sum(-1))[ids[:-1]] - scores[ids[:-1], ids[1:]]
    values = full.cell("quality", "teacher").values
    assert values["loss"].value == pytest.approx(losses.mean(), rel=1e-5)
    assert values["perplexity"].value == pytest.approx(numpy.exp(losses.mean()), rel=1e-5)
    assert sum(values["loss"].weights) == 199
