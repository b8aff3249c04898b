"""`weighbridge merge`: parts of real sessions become one run that `check` finds sound."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.reading import read
from bench.seal import seal
from reports.__main__ import main
from tests.fakes import _project

Json = Any
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Json, Json]:
    """Two sessions over one grid: the teacher and int8, then int4 and what cannot run here."""
    project = _project.lay_out(tmp_path_factory.mktemp("parts"))
    found = []
    for variants in ("teacher,int8", "int4,cudaonly"):
        words = (f"--variant={variants}", "-k", "decode or quality or load", "--benchmark-json")
        ended = _project.weigh(project, *_project.SMALL, *words)
        assert ended.code == 0, ended.said
        found.append(ended.document)
    return found[0], found[1]


@pytest.fixture
def parts(measured: tuple[Json, Json]) -> tuple[Json, Json]:
    """Copies to be edited."""
    return copy.deepcopy(measured)


def write(folder: Path, *documents: Json) -> list[str]:
    paths = []
    for at, document in enumerate(documents, 1):
        path = folder / f"part{at}.json"
        path.write_text(json.dumps(document))
        paths.append(str(path))
    return paths


def resealed(document: Json) -> Json:
    document["weighbridge"]["sum"] = seal(document)
    return document


def cells(document: Json) -> list[Json]:
    ours = document["weighbridge"]
    rows = [row["extra_info"]["bench"] for row in document["benchmarks"]]
    return [*rows, *ours["records"], *ours["absent"]]


def test_two_parts_are_one_sound_run(
    parts: tuple[Json, Json], tmp_path: Path, capsys: Captured
) -> None:
    paths, whole = write(tmp_path, *parts), tmp_path / "whole.json"
    assert main(["merge", *paths, "-o", str(whole)]) == 0
    assert capsys.readouterr().out == f"{whole}: 12 cells of 2 parts\n"
    assert main(["check", str(whole)]) == 0
    run, ones = read(whole), [read(Path(path)) for path in paths]
    for one in ones:
        for record in one.records:
            kept = run.by_cell[record.cell]
            assert kept.values == record.values
            assert kept.status == record.status
    assert len(run.records) == sum(len(one.records) for one in ones)
    assert set(run.variants) == {"teacher", "int8", "int4", "cudaonly"}
    assert run.settings["order"] == [*ones[0].settings["order"], *ones[1].settings["order"]]
    assert run.settings["command"] == ["weighbridge", "merge", *paths]
    assert run.settings["merged"][1].startswith(f"{paths[1]} {ones[1].date}: pytest ")


def test_every_cell_knows_its_part(parts: tuple[Json, Json], tmp_path: Path) -> None:
    """Another card of the same model, another kernel: told for each cell."""
    other = parts[1]["weighbridge"]["machine"]
    other["os"] = "Linux 7"
    parts[1]["weighbridge"]["date"] = "2099-01-01T00:00:00+00:00"
    paths, whole = write(tmp_path, parts[0], resealed(parts[1])), tmp_path / "whole.json"
    assert main(["merge", *paths, "-o", str(whole)]) == 0
    run = read(whole)
    told = {record.variant: record.facts["part"] for record in run.records}
    assert told["int8"] == {"name": paths[0], "date": parts[0]["weighbridge"]["date"]}
    assert told["int4"]["machine"] == {"os": "Linux 7"}
    assert run.date == "2099-01-01T00:00:00+00:00"
    assert main(["check", str(whole)]) == 0


def test_a_merged_run_is_a_part_like_any_other(parts: tuple[Json, Json], tmp_path: Path) -> None:
    one, other = write(tmp_path, *parts)
    first, whole = str(tmp_path / "first.json"), tmp_path / "whole.json"
    assert main(["merge", one, "-o", first]) == 0
    assert main(["merge", first, other, "-o", str(whole)]) == 0
    run = read(whole)
    assert run.by_cell["load[int8]"].facts["part"]["name"] == one
    assert run.by_cell["load[int4]"].facts["part"]["name"] == other
    assert main(["check", str(whole)]) == 0


def test_a_cell_that_two_parts_hold_alike_stands_once(
    parts: tuple[Json, Json], tmp_path: Path
) -> None:
    one, other = write(tmp_path, *parts)
    whole = tmp_path / "whole.json"
    assert main(["merge", one, other, one, "-o", str(whole)]) == 0
    assert len(read(whole).records) == len(cells(parts[0])) + len(cells(parts[1]))
    assert main(["check", str(whole)]) == 0


def refused(parts: tuple[Json, Json], folder: Path, capsys: Captured) -> str:
    paths, whole = write(folder, *parts), folder / "whole.json"
    assert main(["merge", *paths, "-o", str(whole)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("weighbridge: error: ")
    assert said.count("\n") == 1
    assert not whole.exists()
    return said


def test_a_conflicting_duplicate_is_refused_by_name(
    parts: tuple[Json, Json], tmp_path: Path, capsys: Captured
) -> None:
    copied = copy.deepcopy(next(c for c in cells(parts[0]) if c["suite"] == "quality"))
    copied["warnings"] = ["measured again"]
    parts[1]["weighbridge"]["records"].append(copied)
    parts[1]["weighbridge"]["variants"] |= parts[0]["weighbridge"]["variants"]
    resealed(parts[1])
    said = refused(parts, tmp_path, capsys)
    cell = f"quality[{copied['variant']}]"
    assert f"'{cell}' stands in {tmp_path}/part1.json and otherwise in {tmp_path}/part2" in said


def ours(*keys: str, to: Any) -> Callable[[Json], None]:
    def edit(document: Json) -> None:
        inner = document["weighbridge"]
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = to

    return edit


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (ours("machine", "cpu", to="Other"), "the processor differs"),
        (ours("machine", "threads", to=7), "the number of threads differs"),
        (ours("text", "fingerprint", to="other"), "the text differs"),
        (ours("text", "recipe", to="other"), "the recipe differs"),
        (ours("settings", "teacher_content", to="other"), "the teacher differs"),
        (ours("settings", "seed", to=9), "the setting seed differs: 0 here, 9 there"),
        (ours("settings", "device", to="cuda:1"), "the device differs"),
        (ours("machine", "versions", "torch", to="9.9"), "the version of torch differs"),
        (ours("machine", "harness", "code", to="0" * 16), "the code of Weighbridge differs"),
        (ours("machine", "commit", to="0" * 40), "the commit differs"),
    ],
)
def test_a_part_of_another_grid_is_refused(
    edit: Callable[[Json], None], says: str, parts: tuple[Json, Json], tmp_path: Path,
    capsys: Captured,
) -> None:  # fmt: skip
    edit(parts[1])
    resealed(parts[1])
    said = refused(parts, tmp_path, capsys)
    assert f"{tmp_path}/part2.json is no part of the grid of {tmp_path}/part1.json" in said
    assert says in said


def test_a_variant_that_was_made_otherwise_is_refused(
    parts: tuple[Json, Json], tmp_path: Path, capsys: Captured
) -> None:
    known = copy.deepcopy(parts[0]["weighbridge"]["variants"]["int8"])
    parts[1]["weighbridge"]["variants"]["int8"] = {**known, "fingerprint": "f" * 64}
    resealed(parts[1])
    assert "the making of int8 differs" in refused(parts, tmp_path, capsys)


def test_equal_gpus_are_told_apart_by_the_environment_only(
    parts: tuple[Json, Json], tmp_path: Path
) -> None:
    for at, part in enumerate(parts):
        part["weighbridge"]["machine"]["environment"]["CUDA_VISIBLE_DEVICES"] = str(at)
        resealed(part)
    whole = tmp_path / "whole.json"
    assert main(["merge", *write(tmp_path, *parts), "-o", str(whole)]) == 0
    assert main(["check", str(whole)]) == 0


@pytest.mark.parametrize("sealed", [True, False])
def test_an_edited_part_is_refused_not_sealed_anew(
    sealed: bool, parts: tuple[Json, Json], tmp_path: Path, capsys: Captured
) -> None:
    cells(parts[1])[0]["warnings"].append("x")
    if not sealed:
        del parts[1]["weighbridge"]["sum"]
    said = refused(parts, tmp_path, capsys)
    assert ("was changed after it was written" if sealed else "carries no sum") in said


def test_an_unsound_part_gives_no_run(
    parts: tuple[Json, Json], tmp_path: Path, capsys: Captured
) -> None:
    cells(parts[1])[0]["proof"] = {}
    resealed(parts[1])
    whole = tmp_path / "whole.json"
    assert main(["merge", *write(tmp_path, *parts), "-o", str(whole)]) == 1
    assert "the merged run would not be sound" in capsys.readouterr().err
    assert not whole.exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["{one}", "-o", "{one}"], 2, "is one of the parts"),
        (["{one}", "-o", "{tmp}"], 2, "is a folder"),
        (["{one}", "-o", "{tmp}/none/x"], 2, "does not exist"),
        (["{one}", "{tmp}/none.json", "-o", "{tmp}/x"], 1, "cannot be read"),
        (["{one}", "{bad}", "-o", "{tmp}/x"], 1, "is not JSON"),
    ],
)
def test_a_wrong_call(
    words: list[str], code: int, says: str, parts: tuple[Json, Json], tmp_path: Path,
    capsys: Captured,
) -> None:  # fmt: skip
    one, bad = write(tmp_path, parts[0])[0], tmp_path / "bad.json"
    bad.write_text('{"weighbridge"')
    assert main(["merge", *(w.format(one=one, bad=bad, tmp=tmp_path) for w in words)]) == code
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not (tmp_path / "x").exists()
