"""A recipe in a child of its own: what it leaves, and its last word where it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.catalog import Catalog
from bench.errors import MakeFailed
from bench.live import Making
from bench.make import ChildMaker, listen
from bench.progress import Step
from bench.variant import Place
from tests.fakes.recipes import checkpoint
from tests.variants import tiny

PACKAGES = ("variants", "tests.fakes")


def make(name: str, base: Path, draft: Path) -> list[str]:
    said: list[str] = []
    draft.mkdir()
    ChildMaker(PACKAGES, (), Place(), said.append)(Catalog.of(PACKAGES).get(name), base, draft)
    return said


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return checkpoint.write(tmp_path / "base")


def test_a_child_fills_the_draft(base: Path, tmp_path: Path) -> None:
    assert make("int8", base, tmp_path / "draft") == ["making int8: the table rounded to 127 steps"]
    numbers, code = checkpoint.read_table(tmp_path / "draft")
    assert (code, max(map(abs, numbers))) == ("b", 127)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("unmakeable", "RuntimeError: the recipe is wrong"),
        ("clumsy", "IndexError: list assignment index out of range"),
        ("doomed", "its process was killed (out of memory?)"),
    ],
)
def test_its_last_word_is_one_line(name: str, says: str, base: Path, tmp_path: Path) -> None:
    with pytest.raises(MakeFailed) as found:
        make(name, base, tmp_path / "draft")
    assert str(found.value) == f"{name} could not be made: {says}"


def test_our_own_process_is_left_alone(base: Path, tmp_path: Path) -> None:
    before = dict(os.environ)
    make("int8", base, tmp_path / "draft")
    assert dict(os.environ) == before


STATE = """import json, os, torch
found = [torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic,
         torch.backends.cudnn.benchmark, torch.utils.deterministic.fill_uninitialized_memory,
         os.environ.get("CUBLAS_WORKSPACE_CONFIG"), torch.is_grad_enabled()]
"""
RECIPE = """from pathlib import Path
from bench import Variant

def make(base: Path, out: Path) -> None:
    {state}
    (out / "state.json").write_text(json.dumps(found))

shows = Variant(name="shows", summary="", make=make, load=lambda *_: None)
"""
PREPARED = """import sys
from pathlib import Path
from bench import Place
from variants.runtimes.pytorch import prepare
prepare(Path(sys.argv[1]), Place(deterministic=sys.argv[2] == "yes"))
"""


def shown(folder: Path, name: str, deterministic: bool) -> list[object]:
    """torch's settings while a recipe of the package `name` runs."""
    draft = folder / f"draft-{deterministic}"
    draft.mkdir()
    place = Place(deterministic=deterministic)
    variant = Catalog.of((name,)).get("shows")
    ChildMaker((name,), (), place, lambda _: None)(variant, folder, draft)
    found: list[object] = json.loads((draft / "state.json").read_text())
    return found


def test_deterministic_reaches_the_recipe_as_it_reaches_a_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same settings as the runtime's, but that a recipe may train; none of it without."""
    name = "package_of_test_make"
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    recipe = RECIPE.format(state="    ".join(STATE.splitlines(keepends=True)))
    (tmp_path / name / "shows.py").write_text(recipe)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    folder = tiny.checkpoint(tmp_path / "tiny", "gpt2")
    for asked, known in ((True, [True, True, False, False, ":4096:8"]),
                         (False, [False, False, False, True, None])):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", PREPARED + STATE + "print(json.dumps(found))", str(folder),
             "yes" if asked else "no"], capture_output=True, text=True, check=True,
        )  # fmt: skip
        measuring = json.loads(done.stdout.splitlines()[-1])
        assert measuring == [*known, False]
        assert shown(tmp_path, name, asked) == [*known, True]


CHATTY = """
import os, sys
print("a library's word", flush=True)
os.write(1, b"half a line")
from bench.progress import progress
with progress("distilling", 2) as advance:
    advance("loss 4")
    advance("loss 3")
print("its last word", flush=True)
os.write(1, b"\\x1e{broken\\n\\x1e[1]\\n\\xff\\n")
"""


def test_its_steps_are_heard_among_what_libraries_write() -> None:
    heard: list[Step | None] = []

    class Noting(Making):
        def __call__(self, step: Step | None = None) -> None:
            heard.append(step)

    with subprocess.Popen(
        [sys.executable, "-c", CHATTY], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "WEIGHBRIDGE_PROGRESS": "0"},
    ) as child:  # fmt: skip
        last = listen(child, Noting("student", None, pytest.fail))
    assert [step for step in heard if step] == [
        Step(title="distilling", done=1, steps=2, note="loss 4"),
        Step(title="distilling", done=2, steps=2, note="loss 3"),
    ]
    assert last == "\N{REPLACEMENT CHARACTER}"
    assert child.returncode == 0
