"""Settings outside pytest are those that pytest would have found."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.configuration import here, refuse_stolen_root
from bench.errors import Misuse
from bench.settings import OPTIONS


@pytest.fixture(autouse=True)
def _nothing_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        monkeypatch.delenv(option.environment, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))


FORMS = {
    "pytest.ini": "[pytest]\nbench_rounds = 7\nbench_variants = mine yours\n",
    "tox.ini": "[tox]\n[pytest]\nbench_rounds = 7\nbench_variants =\n    mine\n    yours\n",
    "setup.cfg": "[tool:pytest]\nbench_rounds = 7\nbench_variants = mine yours\n",
    "pyproject.toml": (
        '[tool.pytest.ini_options]\nbench_rounds = "7"\nbench_variants = ["mine", "yours"]\n'
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_file_that_pytest_reads(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FORMS[name])
    found = here({}.get)
    assert (found.rounds, found.packages) == (7, ("variants", "mine", "yours"))
    assert str(tmp_path) in sys.path


@pytest.mark.parametrize("name", FORMS)
def test_it_agrees_with_pytest(name: str, pytester: pytest.Pytester) -> None:
    (pytester.path / name).write_text(FORMS[name])
    config = pytester.parseconfig("-pbench.plugin")
    assert config.inipath == pytester.path / name
    assert config.getini("bench_rounds") == "7"
    assert config.getini("bench_variants") == ["mine", "yours"]


def test_from_a_folder_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pytest.ini").write_text(FORMS["pytest.ini"])
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert here({}.get).rounds == 7


def test_the_line_and_the_environment_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text(FORMS["pytest.ini"])
    monkeypatch.setenv("WEIGHBRIDGE_ROUNDS", "8")
    assert here({}.get).rounds == 8
    assert here({"rounds": "9"}.get).rounds == 9


def test_a_file_of_another_kind_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "tox.ini").write_text("[tox]\nenv_list = test\n")
    assert here({}.get).rounds is None


@pytest.mark.parametrize(
    ("name", "text"), [("pytest.ini", "[pytest\n"), ("pyproject.toml", "[tool.pytest")]
)
def test_a_broken_file_is_one_line(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Misuse, match=name) as found:
        here({}.get)
    assert "\n" not in str(found.value)


def test_another_projects_root_is_refused(tmp_path: Path) -> None:
    """pytest looks for the root above every existing path that stands alone on the line."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nbench_variants = mine\n")
    elsewhere = tmp_path.parent / "elsewhere"
    with pytest.raises(Misuse, match="write --option=PATH"):
        refuse_stolen_root(elsewhere, None)
    with pytest.raises(Misuse, match=str(elsewhere)):
        refuse_stolen_root(elsewhere, elsewhere / "pytest.ini")
    refuse_stolen_root(tmp_path, tmp_path / "pytest.ini")


def test_a_project_that_says_nothing_of_ours_may_be_passed_over(tmp_path: Path) -> None:
    """One key of ours in the same file makes the difference."""
    elsewhere = tmp_path.parent / "elsewhere"
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -q\n")
    refuse_stolen_root(elsewhere, None)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -q\nbench_seed = 1\n")
    with pytest.raises(Misuse):
        refuse_stolen_root(elsewhere, None)
