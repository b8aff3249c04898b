"""Bad input: one clear line, exit code 4, nothing made, and an older run.json left as it was."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy  # noqa: F401  imported before pytester's snapshot of the modules: it loads only once
import pytest
import tokenizers  # noqa: F401  the same
from scipy import stats  # noqa: F401  the same

from tests.fakes import _project
from tests.fakes.recipes import checkpoint

pytestmark = pytest.mark.filterwarnings("ignore:Not saving anything")  # pytest-benchmark's own
OLDER = b'{"older": true}'
Refused = Callable[..., str]


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    folder = _project.lay_out(pytester.path)
    (folder / "run.json").write_bytes(OLDER)
    return folder


@pytest.fixture
def refused(
    project: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Runs the suites and checks that they were refused as they should be; the line it got."""
    for name in list(os.environ):
        if name.startswith("WEIGHBRIDGE"):
            monkeypatch.delenv(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "mine"]:
        monkeypatch.delitem(sys.modules, name)  # another test's package of the same name
    monkeypatch.syspath_prepend(str(project))  # before other tests' projects, which may have one

    def run(*words: str) -> str:
        ended = pytester.runpytest_inprocess(
            *_project.PLUGINS, "--pyargs", "suites", "--benchmark-json=run.json", *words
        )
        said = [line for line in ended.errlines if line.strip()]
        assert ended.ret == pytest.ExitCode.USAGE_ERROR, ended.outlines
        assert len(said) == 1, said
        assert said[0].startswith("ERROR: ")
        assert _project.made_in(project) == []
        assert (project / "run.json").read_bytes() == OLDER
        assert sorted(path.name for path in project.glob(".*draft*")) == []
        return said[0]

    return run


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--chain", "teacher+gone"], "'teacher+gone' is declared nowhere"),
        (["--chain", "gone+int8"], "'gone' is declared nowhere"),
        (["--chain", "int8+teacher"], "'teacher' is the user's own model, not a recipe"),
        (["--chain", "int8+thin"], "cannot be made from 'int8'"),
        (["--chain", "+"], "declared nowhere"),
        (["--report", "html=run.json"], "run.json is asked for twice"),
        (["--variant", "int5"], "'int5' is declared nowhere"),
        (["--variant", "int4,int5"], "'int5' is declared nowhere"),
        (["--batch", "one"], "--batch 'one' is not a list of positive whole numbers"),
        (["--prompt", "32,"], "--prompt '32,' is not"),
        (["--new", "0"], "--new '0' is not"),
        (["--batch=-1"], "--batch '-1' is not"),
        (["--batch="], "--batch '' is not"),
        (["--new", "1.5"], "--new '1.5' is not"),
        (["--prompt", "150", "--new", "11"], "longer than the model's 160 positions"),
        (["--rounds", "many"], "--rounds 'many' is not a whole number"),
        (["--memory", "lots"], "--memory 'lots' is no size such as 2GiB or 500MB"),
        (["--memory", "0GiB"], "--memory '0GiB' is no size"),
        (["--memory=-1GiB"], "--memory '-1GiB' is no size"),
        (["--rounds", "0"], "--rounds must be at least 1"),
        (["--busy-share", "0"], "--busy-share '0' is no share"),
        (["--busy-share", "150%"], "--busy-share '150%' is no share"),
        (["--threads", "0"], "--threads must be at least 1"),
        (["--seed", "x"], "--seed 'x' is not a whole number"),
        (["--stride", "100"], "--stride 100 is not shorter than --window 64"),
        (["--stride", "64"], "--stride 64 is not shorter than --window 64"),
        (["--window", "1", "--stride", "1"], "--stride 1 is not shorter than --window 1"),
        (["--device", "tpu"], "--device 'tpu' is none of"),
        (["--teacher-dtype", "int8"], "--teacher-dtype 'int8' is none of"),
        (["--report", "html"], "is not NAME=PATH"),
        (["--report", "pdf=x.pdf"], "no report is called 'pdf'"),
        (["--report", "html=none/x.html"], "does not exist"),
        (["--report", "html=pytest.ini/x.html"], "does not exist"),
        (["--report", "html=checkpoint"], "is a folder"),
        (["--benchmark-json=none/run.json"], "does not exist"),
        (["--benchmark-json=pytest.ini/run.json"], "does not exist"),
        (["--benchmark-json=checkpoint"], "is a folder"),
        (["--artifacts", "pytest.ini"], "cannot be written"),
        (["--artifacts", "pytest.ini/below"], "cannot be written"),
        (["--text", "none.txt"], "'none.txt' is neither demo, nor a file"),
        (["--teacher", "./none"], "--teacher ./none: no such file or folder"),
        (["--teacher", "pytest.ini"], "is no checkpoint"),
        (["-o", "bench_variants=no_such_package"], "'no_such_package', which cannot be imported"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_word_that_cannot_be(refused: Refused, words: Sequence[str], says: str) -> None:
    assert says in refused(*words)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b" \n\t ", "the file is empty"),
        (b"too short for a window", "fewer than the 64 that"),
        (b"\xff\xfe" * 100, "is not UTF-8"),
    ],
    ids=["empty", "blank", "short", "binary"],
)
def test_a_text_that_cannot_be(refused: Refused, project: Path, content: bytes, says: str) -> None:
    (project / "text.txt").write_bytes(content)
    assert says in refused("--text", "text.txt")


def test_a_text_whose_tokens_are_too_few(refused: Refused, project: Path) -> None:
    (project / "text.txt").write_text("x" * 100)
    assert "--eval-tokens" in refused("--text", "text.txt", "--eval-tokens", "32")


def damaged(project: Path, name: str) -> Path:
    """A checkpoint with one thing wrong."""
    folder = checkpoint.write(project / "other")
    weights, config = folder / checkpoint.WEIGHTS, folder / "config.json"
    if name == "pickled":
        weights.rename(folder / "pytorch_model.bin")
    elif name == "no config":
        config.unlink()
    elif name == "no weights":
        weights.unlink()
    elif name == "broken config":
        config.write_text("{")
    elif name == "config is a list":
        config.write_text("[]")
    elif name == "own code":
        config.write_text(json.dumps({"auto_map": {"AutoModel": "evil.Model"}}))
    elif name == "broken tokenizer":
        (folder / "tokenizer.json").write_text("{")
    elif name == "cut weights":
        weights.write_bytes(weights.read_bytes()[:100])
    elif name == "no safetensors inside":
        weights.write_bytes(b"not safetensors")
    return folder


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pickled", "save_pretrained(new_folder)"),
        ("no config", "holds no config.json"),
        ("no weights", "holds no *.safetensors"),
        ("broken config", "cannot be read as JSON"),
        ("config is a list", "holds no JSON object"),
        ("own code", "auto_map"),
        ("broken tokenizer", "tokenizer.json"),
        ("cut weights", "model.safetensors"),
        ("no safetensors inside", "model.safetensors"),
    ],
)
def test_a_folder_that_is_no_checkpoint(
    refused: Refused, project: Path, name: str, says: str
) -> None:
    folder = damaged(project, name)
    assert says in refused("--teacher", str(folder))


def test_an_empty_gguf(refused: Refused, project: Path) -> None:
    (project / "model.gguf").write_bytes(b"")
    assert "is no checkpoint" in refused("--teacher", "model.gguf")


def test_two_packages_with_one_name(refused: Refused, project: Path) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "__init__.py").touch()
    own = (_project.ROOT / "variants" / "half.py").read_text()
    (project / "mine" / "half.py").write_text(own)
    said = refused("-o", "bench_variants=tests.fakes mine")
    assert "'half'" in said
    assert "replaces='half'" in said


def test_a_base_that_nobody_declares(refused: Refused, project: Path) -> None:
    (project / "mine").mkdir()
    (project / "mine" / "__init__.py").touch()
    own = (_project.ROOT / "tests" / "fakes" / "thin.py").read_text()
    own = own.replace('base="teacher"', 'base="techer"').replace("thin", "mine")
    (project / "mine" / "mine.py").write_text(own)
    said = refused("-o", "bench_variants=tests.fakes mine", "--variant=mine")
    assert "'mine' is made from 'techer', which no file in variants, tests.fakes, mine" in said


def test_a_suite_that_declares_too_much_fails_before_anything_is_made(
    pytester: pytest.Pytester, project: Path
) -> None:
    pytester.makepyfile(test_mine="import nothing_of_that_name\ndef test_mine(model): pass")
    ended = pytester.runpytest_inprocess(*_project.PLUGINS, "test_mine.py")
    assert ended.ret == pytest.ExitCode.INTERRUPTED
    assert _project.made_in(project) == []
