"""Packages from another folder: in this process and in what it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.origin import FROM, held
from tests.fakes._project import ROOT, environment

CODE = """
import sys
sys.path.insert(0, {usual!r})
from bench.errors import BenchError
from bench.origin import redirect
{before}
try:
    redirect(["variants", "mine.deep"])
    redirect(["variants", "mine.deep"])
except BenchError as error:
    print("refused", error)
    raise SystemExit
import mine.deep.x, variants.int4
print(mine.deep.x.WHERE, variants.int4.__file__, len(sys.meta_path))
"""


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name in ("usual", "other"):
        package = tmp_path / name / "mine" / "deep"
        package.mkdir(parents=True)
        (package / "x.py").write_text(f"WHERE = {name!r}\n")
        for init in (package, package.parent):
            (init / "__init__.py").touch()
    return tmp_path


def said(folders: Path, before: str = "", **extra: str) -> str:
    code = CODE.format(usual=str(folders / "usual"), before=before)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment(), **extra},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_what_the_folder_holds_comes_from_it_and_the_rest_from_where_it_is(folders: Path) -> None:
    words = said(folders, **{FROM: str(folders / "other")}).split()
    assert words[:2] == ["other", str(ROOT / "variants" / "int4.py")]
    finders = int(words[2])
    assert finders == int(said(folders).split()[2]) + 1


def test_without_a_folder_nothing_is_touched(folders: Path) -> None:
    assert said(folders).startswith("usual ")


def test_a_package_that_is_there_already_is_refused(folders: Path) -> None:
    words = said(folders, "import mine.deep", **{FROM: str(folders / "other")})
    assert words.startswith("refused the package 'mine.deep' was imported from")


def test_held(folders: Path) -> None:
    assert held(folders / "usual", ["variants", "mine", "mine.deep"]) == ["mine", "mine.deep"]
