"""The whole way, on stand-ins: from a command line to a run file, a page and an exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from bench.reading import read
from bench.record import Record
from tests.fakes import _project
from tests.fakes._project import Ended, weigh

SMALL = ("--batch=1", "--prompt=8", "--new=4")
EVERY = "teacher,int8,liar,hungry,narrow,wrong,killed,crashing,unmakeable,cudaonly"
SUITES = (
    "memory", "load", "decode", "prefill", "quality", "speedup", "consistency", "samples",
)  # fmt: skip
HEAVY = ("torch", "transformers", "tokenizers", "numpy", "scipy", "safetensors", "rich", "jinja2",
         "onnxruntime", "pynvml", "huggingface_hub", "datasets", "optimum")  # fmt: skip


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One session with everything that can become of a cell."""
    project = _project.lay_out(tmp_path_factory.mktemp("full"))
    (project / "run.json").write_text("older")
    return weigh(
        project, *SMALL, f"--variant={EVERY}", "--chain=thin+int8", "--benchmark-json",
        "--report=html=page.html", "--report", "json_rows=rows.json",
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return _project.lay_out(tmp_path)


def cell(full: Ended, suite: str, variant: str) -> Record:
    """That variant's only cell in that suite."""
    (found,) = (r for r in full.cells.values() if (r.suite, r.variant) == (suite, variant))
    return found


# ---- the full session ----


def test_bare_benchmark_json_is_run_json_and_whole(full: Ended) -> None:
    assert "run: run.json" in full.said
    assert read(full.folder / "run.json").settings["teacher"] == "checkpoint"
    left = {path.name for path in full.folder.iterdir()} - {".benchmarks"}
    assert left == {
        "pytest.ini", "checkpoint", "artifacts", "run.json", "page.html", "rows.json",
    }  # fmt: skip


def test_the_run_keeps_its_schema(full: Ended) -> None:
    schema = json.loads((_project.ROOT / "bench" / "run.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(full.document)


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
            found = cell(full, suite, name)
            assert (found.status, found.proof["dtype"]) == ("measured", dtype)
    decode = cell(full, "decode", "teacher").values
    assert {len(decode[key].samples) for key in ("latency", "decode_rate")} == {32}
    timed = [v for v in decode.values() if v.kind == "timing" and v.value is not None]
    assert all(v.low <= v.value <= v.high for v in timed)  # type: ignore[operator]


def test_sizes_are_those_of_the_files(full: Ended) -> None:
    """256 rows of 8 columns; one or four bytes each, the header's on disk besides."""
    (weights,) = (full.folder / "artifacts").glob("int8-*/model.safetensors")
    values = cell(full, "load", "int8").values
    assert values["disk_bytes"].value == weights.stat().st_size
    assert values["weight_bytes"].value == 256 * 8
    assert cell(full, "load", "teacher").values["weight_bytes"].value == 256 * 8 * 4
    assert cell(full, "load", "thin+int8").values["parameters"].value == 256 * 4


def test_the_peak_is_the_models_own(full: Ended) -> None:
    """A table of 8 kB, asked for four tokens, takes no 16 MB above the baseline."""
    peak = cell(full, "memory", "teacher").values["peak_host"].value
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
    found = cell(full, suite, variant)
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
    assert {cell(full, suite, variant).status for suite in suites} == {"measured"}


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
    values = cell(full, "quality", "teacher").values
    assert values["loss"].value == pytest.approx(losses.mean(), rel=1e-5)
    assert values["perplexity"].value == pytest.approx(numpy.exp(losses.mean()), rel=1e-5)
    assert sum(values["loss"].weights) == 199


# ---- smaller sessions ----


def test_k_selects_and_makes_only_what_is_needed(project: Path) -> None:
    (project / "run.json").write_text("older")
    ended = weigh(
        project, *SMALL, "-k", "int4 and (decode or prefill)", "--benchmark-json=run.json"
    )
    assert ended.code == 0, ended.said
    assert set(ended.cells) == {"decode[int4-b1-p8-n4]", "prefill[int4-b1-p8]"}
    assert ended.made == ["int4", "teacher"]
    (folder,) = (project / "artifacts").glob("int4-*/")
    weights = folder / "model.safetensors"
    flipped = bytearray(weights.read_bytes())
    flipped[-1] ^= 1
    weights.write_bytes(flipped)
    again = weigh(project, *SMALL, "-k", "int4 and decode", "--benchmark-json=run.json")
    assert again.code == 0, again.said
    assert f"{weights} is damaged" in again.said
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


def test_a_load_cell_alone_needs_its_proof_too(project: Path) -> None:
    """A variant whose proof fails does not get a row, whichever suites were selected."""
    ended = weigh(project, "--variant=liar", "-k", "load", "--benchmark-json")
    assert cell(ended, "load", "liar").status == "proof_failed"
    assert ended.code == 1


def test_override_of_the_ini_file_reaches_the_children(project: Path) -> None:
    (project / "pytest.ini").write_text(_project.INI.format(packages="variants"))
    words = ("--variant=int8", "-k", "load", "--benchmark-json", "-o", "bench_variants=tests.fakes")
    ended = weigh(project, *words)
    assert cell(ended, "load", "int8").status == "measured", ended.said


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


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_session_ended_while_it_makes(project: Path, sign: signal.Signals) -> None:
    """Nothing half made is ever taken for whole, and an older run stays."""
    (project / "run.json").write_text("older")
    (project / "artifacts").mkdir()
    os.mkfifo(project / "artifacts" / "waiting")
    session = subprocess.Popen(
        _project.command("--variant=stuck,int8", "--seed=0", "--benchmark-json"),
        cwd=project, env=_project.environment(), stdout=subprocess.PIPE, text=True,
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
    )  # fmt: skip
    assert (project / "artifacts" / "waiting").read_text() == "yes"
    session.send_signal(sign)
    session.communicate(timeout=60)
    assert session.returncode == (-sign if sign == signal.SIGKILL else pytest.ExitCode.INTERRUPTED)
    assert (project / "run.json").read_text() == "older"


def test_a_session_of_skipped_cells_makes_nothing(project: Path) -> None:
    ended = weigh(project, "--variant=cudaonly", "-k", "decode or load", "--benchmark-json")
    assert ended.code == 0, ended.said
    assert {record.status for record in ended.cells.values()} == {"skipped"}
    assert ended.made == []
