"""`weighbridge variants` and `weighbridge artifacts`, as a user calls them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from bench.artifacts import Artifacts
from bench.catalog import Catalog
from bench.manifest import Manifest
from bench.source import resolve
from reports.__main__ import main

CATALOG = Catalog.of(("variants",))
DEMO = resolve("demo", CATALOG).fingerprint


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An artifacts folder with one variant that today's recipes would not use."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "250")  # no row folds
    folder = tmp_path / "made" / "int4-0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "packed.safetensors").write_bytes(b"0" * 2_000_000)
    Manifest.of(folder, "int4", "0123456789abcdef", DEMO).write(folder)
    return tmp_path / "made"


def test_variants_lists_each_with_its_base_and_whether_it_is_made(root, capsys):
    assert main(["variants", "--artifacts", str(root), "--device", "cpu"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line[:1].strip()]
    rows = {line.split()[0]: line.split() for line in lines}  # what is folded is indented
    assert rows["int8"][1:4] == ["teacher", "met", "no"]
    assert rows["student+int8"][1] == "student"
    assert rows["flash"][3:5] == ["its", "base's"]
    assert "NVIDIA" in " ".join(rows["trt"]) or "needs" in " ".join(rows["trt"])


def test_a_made_variant_says_so_with_its_bytes(root, capsys):
    main(["variants", "--artifacts", str(root)])
    artifacts = Artifacts(root, CATALOG, resolve("demo", CATALOG), lambda *_: None)
    place = artifacts.place(CATALOG.get("int4"))
    (root / "int4-0123456789abcdef").rename(place)
    capsys.readouterr()
    main(["variants", "--artifacts", str(root)])
    row = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("int4"))
    assert row.split()[3:6] == ["yes", "2.000", "MB"]


def test_artifacts_list_shows_the_folder(root, capsys):
    assert main(["artifacts", "list", "--artifacts", str(root)]) == 0
    said = capsys.readouterr().out
    assert "int4" in said
    assert "2.000 MB" in said


def test_nothing_made_is_said(root, capsys):
    assert main(["artifacts", "list", "--artifacts", str(root / "none")]) == 0
    assert capsys.readouterr().out == f"nothing is made in {root / 'none'}\n"


def test_verify_is_1_where_a_byte_has_flipped(root, capsys):
    assert main(["artifacts", "verify", "--artifacts", str(root)]) == 0
    file = root / "int4-0123456789abcdef" / "packed.safetensors"
    file.write_bytes(b"1" + file.read_bytes()[1:])
    assert main(["artifacts", "verify", "--artifacts", str(root)]) == 1
    assert f"damaged: {file} is damaged" in capsys.readouterr().out


def test_prune_removes_what_no_recipe_uses_and_only_says_so_when_dry(root, capsys):
    folder = root / "int4-0123456789abcdef"
    assert main(["artifacts", "prune", "--dry-run", "--artifacts", str(root)]) == 0
    assert folder.exists()
    assert main(["artifacts", "prune", "--artifacts", str(root)]) == 0
    assert not folder.exists()
    assert f"removed: {folder}\n" in capsys.readouterr().out


def test_prune_leaves_what_was_made_deterministically(root, capsys):
    """As long as a recipe of today would make it so."""
    source = resolve("demo", CATALOG)
    artifacts = Artifacts(root, CATALOG, source, lambda *_: None, deterministic=True)
    place = artifacts.place(CATALOG.get("int4"))
    shutil.copytree(root / "int4-0123456789abcdef", place)
    assert main(["artifacts", "prune", "--artifacts", str(root)]) == 0
    assert [folder.name for folder in root.iterdir() if folder.is_dir()] == [place.name]


def test_prune_leaves_another_teachers_folders_alone(root, capsys):
    folder = root / "int4-0123456789abcdef"
    Manifest.of(folder, "int4", "0123456789abcdef", "another model").write(folder)
    assert main(["artifacts", "prune", "--artifacts", str(root)]) == 0
    assert folder.exists()
    assert main(["artifacts", "prune", "--all", "--artifacts", str(root)]) == 0
    assert not folder.exists()


def test_what_a_killed_session_left_is_damaged_and_goes(root, capsys):
    draft = root / "int8-0123456789abcdef.draft"
    draft.mkdir()
    assert main(["artifacts", "verify", "--artifacts", str(root)]) == 1
    assert f"damaged: {draft / 'manifest.json'} is missing" in capsys.readouterr().out
    main(["artifacts", "prune", "--artifacts", str(root)])
    assert not draft.exists()


def test_a_folder_that_a_session_is_busy_with_stays(root, capsys):
    folder = root / "int4-0123456789abcdef"
    with FileLock(folder.with_name(folder.name + ".lock")):
        main(["artifacts", "prune", "--all", "--artifacts", str(root)])
    assert f"busy, left alone: {folder}" in capsys.readouterr().out
    assert folder.exists()


def test_a_folder_that_is_not_ours_is_never_touched(root, capsys):
    (root / "my-notes").mkdir()
    main(["artifacts", "prune", "--all", "--artifacts", str(root)])
    assert (root / "my-notes").exists()


def test_a_mistake_is_one_line_and_2(root, capsys):
    assert main(["variants", "--teacher", "/nope", "--artifacts", str(root)]) == 2
    assert capsys.readouterr().err == (
        "weighbridge: error: --teacher /nope: no such file or folder\n"
    )


@pytest.mark.parametrize("name, text", [
    ("pytest.ini", "[pytest]\nbench_artifacts = kept\n"),
    ("pyproject.toml", '[tool.pytest.ini_options]\nbench_artifacts = "kept"\n'),
    ("tox.ini", "[pytest]\nbench_artifacts = kept\n"),
])  # fmt: skip
def test_it_reads_the_same_ini_files_as_pytest(root, capsys, name, text):
    Path(name).write_text(text)
    main(["artifacts", "list"])
    assert capsys.readouterr().out == f"nothing is made in {Path('kept').absolute()}\n"


def test_the_environment_goes_before_the_ini_file(root, capsys, monkeypatch):
    Path("pytest.ini").write_text("[pytest]\nbench_artifacts = kept\n")
    monkeypatch.setenv("WEIGHBRIDGE_ARTIFACTS", str(root))
    main(["artifacts", "list"])
    assert "int4" in capsys.readouterr().out


def test_the_manifest_is_what_is_read(root):
    data = json.loads((root / "int4-0123456789abcdef" / "manifest.json").read_text())
    assert data["files"]["packed.safetensors"][1] == 2_000_000


def made_on(root: Path, name: str, day: str, size: int) -> Path:
    """A folder of another teacher's, which only age and size can condemn."""
    folder = root / f"{name}-0123456789abcdef"
    folder.mkdir()
    (folder / "packed.safetensors").write_bytes(b"0" * size)
    manifest = Manifest.of(folder, name, "0123456789abcdef", "another model")
    replace(manifest, made=f"{day}T00:00:00+00:00").write(folder)
    return folder


def test_prune_by_age_takes_only_the_older(root, capsys):
    old, new = made_on(root, "half", "2020-01-01", 9), made_on(root, "int8", "2999-01-01", 9)
    assert main(["artifacts", "prune", "--older-than", "30d", "--artifacts", str(root)]) == 0
    assert (old.exists(), new.exists()) == (False, True)


def test_prune_by_size_takes_the_oldest_until_the_rest_fits(root, capsys):
    days = ("2020-01-02", "2020-01-01", "2020-01-03")
    folders = [made_on(root, f"v{at}", day, 100_000) for at, day in enumerate(days)]
    line = ["artifacts", "prune", "--to", "150kB", "--artifacts", str(root)]
    assert main([*line, "--dry-run"]) == 0
    assert all(folder.exists() for folder in folders)
    assert main(line) == 0
    assert [folder.exists() for folder in folders] == [False, False, True]
    assert "would free 2.2" in capsys.readouterr().out  # the outdated one of 2 MB goes anyway


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["--older-than", "soon"], "is no age such as"), (["--to", "little"], "--to 'little' is no")],
)
def test_what_is_no_age_or_size_is_refused(root, capsys, arguments, says):
    assert main(["artifacts", "prune", *arguments, "--artifacts", str(root)]) == 2
    assert says in capsys.readouterr().err
    assert root.exists()


def test_list_says_what_all_take_together(root, capsys):
    main(["artifacts", "list", "--artifacts", str(root)])
    assert "together 2.0" in capsys.readouterr().out


def test_a_named_variant_shows_its_options_as_they_are_set(root, capsys):
    line = ["variants", "int4", "half", "--set", "int4.group=64", "--artifacts", str(root)]
    assert main(line) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1][:5] == ["int4.group", "64", "32,", "64,", "128"]
    assert len(rows) == 2  # half has none
    assert main(["variants", "half", "--artifacts", str(root)]) == 0
    assert capsys.readouterr().out == "they have no options\n"
