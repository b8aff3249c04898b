"""The whole way, on stand-ins: what no clock looks at goes on beside the next child's imports."""

from __future__ import annotations

import os

import pytest

from tests.fakes import _project
from tests.fakes._project import SMALL, Ended, weigh

RUNTIME = '''"""Tells when it is brought, and in what process."""

import sys
from pathlib import Path

from bench.child import in_child
from tests.fakes.runtimes.table import TableModel, limits

HERE = Path(__file__).parent
WHO = "maker" if sys.argv[0].endswith("make.py") else "child" if in_child() else "here"


def log(*words):
    with (HERE / "log").open("a") as stream:
        print(WHO, *words, file=stream)


def prepare(folder, place):
    name = folder.name.rpartition("-")[0]
    log("brings", name)
    if WHO == "child" and name == "beta" and not (HERE / "come").exists():
        (HERE / "pipe").write_text("come")  # waits until somebody reads


class Model(TableModel):
    def logits(self, tokens):
        if WHO == "here" and not (HERE / "come").exists():
            (HERE / "come").write_text((HERE / "pipe").read_text())
            log("scores")
        return super().logits(tokens)

    def generate(self, prompt, new_tokens, tick=None):
        log("writes")
        return super().generate(prompt, new_tokens, tick)
'''
VARIANT = '''"""{name}: the teacher's table under another name."""

import json
from pathlib import Path

from bench import Model, Place, Variant


def make(base: Path, out: Path) -> None:
    for file in base.iterdir():
        if file.name != "manifest.json":
            (out / file.name).write_bytes(file.read_bytes())


def load(folder: Path, place: Place) -> Model:
    from beside.runtimes import watched

    return watched.Model(folder, place)


{name} = Variant(
    name="{name}",
    summary="told apart by its name",
    base="teacher",
    make=make,
    load=load,
    runtime="beside.runtimes.watched",
)
'''


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Of two variants, alpha first: its quality cell ends only when beta's child imports."""
    project = _project.lay_out(tmp_path_factory.mktemp("beside"), "tests.fakes beside")
    package = project / "beside"
    (package / "runtimes").mkdir(parents=True)
    for folder in (package, package / "runtimes"):
        (folder / "__init__.py").write_text('"""Variants of this test."""\n')
    (package / "runtimes" / "watched.py").write_text(RUNTIME)
    for name in ("alpha", "beta"):
        (package / f"{name}.py").write_text(VARIANT.format(name=name))
    os.mkfifo(package / "runtimes" / "pipe")
    words = ("--variant=alpha,beta", "--seed=5", "-k", "memory or quality or speedup")
    (project / "scratch").mkdir()
    here = {"TMPDIR": str(project / "scratch")}
    return weigh(project, *SMALL, *words, "--benchmark-json", env=here)


def log(ended: Ended) -> list[str]:
    return (ended.folder / "beside" / "runtimes" / "log").read_text().splitlines()


def test_all_is_measured(ended: Ended) -> None:
    assert ended.code == 0, ended.said
    assert len(ended.cells) == 6
    assert {record.status for record in ended.cells.values()} == {"measured"}


def test_the_next_child_imports_beside_what_is_not_timed(ended: Ended) -> None:
    """Or the session would have waited for ever: alpha's scores wait for beta's child."""
    lines = log(ended)
    order = ended.document["weighbridge"]["settings"]["order"]
    assert order.index("quality[alpha]") < order.index("memory[beta-b1-p8-n4]")
    assert lines.index("child brings beta") < lines.index("here scores")


def test_no_child_writes_before_its_turn(ended: Ended) -> None:
    """beta's child is there from alpha's quality cell on; alpha's timed cells come behind it."""
    lines = log(ended)
    order = ended.document["weighbridge"]["settings"]["order"]
    assert order.index("quality[alpha]") < order.index("speedup[alpha-b1-p8-n4]")
    brought, scored = lines.index("child brings beta"), lines.index("here scores")
    timed = [at for at, line in enumerate(lines) if line == "here writes" and at > scored]
    after = lines.index("child writes", brought)
    assert [at for at in timed if at < after]
    assert "here brings beta" not in lines[brought:after]


def test_the_first_child_and_the_session_import_at_once(ended: Ended) -> None:
    """Before the child's first cell has run."""
    lines = log(ended)
    assert lines.index("here brings alpha") < lines.index("child writes")


def test_nothing_is_left(ended: Ended) -> None:
    """Of the folders that children write into."""
    assert (ended.folder / "scratch").is_dir()
    assert not list((ended.folder / "scratch").glob("weighbridge-*"))
