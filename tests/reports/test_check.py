"""`weighbridge check`: a run as it was written is sound, and no edit of it stays unseen."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BadRun
from bench.reading import run_of
from bench.seal import seal
from reports.__main__ import main
from reports.check import findings
from reports.recount import recounted, rows
from tests.fakes import _project

Json = Any
Way = tuple[Any, ...]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """The run file of a real session."""
    project = _project.lay_out(tmp_path_factory.mktemp("sound"))
    words = ("--variant=int8,teacher,cudaonly", "-k", "decode or quality or load")
    ended = _project.weigh(project, *_project.SMALL, *words, "--benchmark-json")
    assert ended.code == 0, ended.said
    return ended.document


@pytest.fixture
def run(sound: Json) -> Json:
    """A copy to be edited."""
    return copy.deepcopy(sound)


def resealed(document: Json) -> Json:
    """As by somebody who knows of the sum."""
    document["weighbridge"]["sum"] = seal(document)
    return document


def checked(document: Json, folder: Path) -> int:
    path = folder / "edited.json"
    path.write_text(json.dumps(document))
    return main(["check", str(path)])


def cell(run: Json, suite: str, variant: str = "int8") -> Json:
    rows_ = [row["extra_info"]["bench"] for row in run["benchmarks"]]
    found = [*rows_, *run["weighbridge"]["records"]]
    return next(r for r in found if (r["suite"], r["variant"]) == (suite, variant))


def numbers(found: Json, way: Way = ()) -> Iterator[Way]:
    """The way to every number below."""
    if isinstance(found, dict | list):
        for key, inner in found.items() if isinstance(found, dict) else enumerate(found):
            yield from numbers(inner, (*way, key))
    elif isinstance(found, int | float) and not isinstance(found, bool):
        yield way


def edited(document: Json, way: Way) -> Json:
    """The number there a thousandth larger; a whole one by one."""
    changed = copy.deepcopy(document)
    inner = changed
    for key in way[:-1]:
        inner = inner[key]
    old = inner[way[-1]]
    inner[way[-1]] = old + 1 if isinstance(old, int) else old + max(abs(old) * 1e-3, 1e-9)
    return changed


def test_a_run_as_written_is_sound(
    sound: Json, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(sound, tmp_path) == 0
    said = capsys.readouterr().out
    assert "sound, 9 cells with " in said
    assert len(sound["weighbridge"]["settings"]["teacher_content"]) == 64
    assert said.count("\n") == 1


def test_any_number_that_is_edited_breaks_the_sum(sound: Json) -> None:
    stands, ways = sound["weighbridge"]["sum"], list(numbers(sound))
    assert len(ways) > 200
    assert [way for way in ways if seal(edited(sound, way)) == stands] == []


def test_a_number_that_is_edited_with_its_sum_is_found_or_moves_no_figure(sound: Json) -> None:
    """What is left has no samples that it follows from, as bytes; there the sum alone speaks."""
    unseen = []
    for way in figures(sound):
        changed = edited(sound, way)
        try:
            records = run_of(changed).records
        except BadRun:  # refused by the reader itself
            continue
        if not [*rows(changed), *(one for record in records for one in recounted(record))]:
            unseen.append(way)
    for way in unseen:
        record, name, key = way[:-3], way[way.index("values") + 1], way[way.index("values") + 2]
        value = at(sound, way[: way.index("values") + 2])
        assert "stats" not in way, record
        if key in ("value", "low", "high"):
            assert not value["samples"], way
            assert (name, key) not in (("perplexity", "value"), ("weight_bytes", "value"))
        elif key == "samples" and way[-1] < value["cut"]:
            pass  # before the steady state: it counts in nothing
        elif key == "weights":
            assert len(set(value["samples"])) == 1, way  # all alike: any weights mean the same
        else:  # a sample that no figure hangs on: the median's interval ends at others
            assert key in ("samples", "cut"), way
            assert name not in ("latency", "loss"), way


def figures(document: Json) -> Iterator[Way]:
    for way in numbers(document):
        if "values" in way or "stats" in way:
            yield way


def at(document: Json, way: Way) -> Json:
    for key in way:
        document = document[key]
    return document


def median(run: Json) -> str:
    cell(run, "decode")["values"]["latency"]["value"] *= 1.0001
    return "decode[int8-b1-p8-n4] latency: median stands as"


def interval(run: Json) -> str:
    cell(run, "decode")["values"]["decode_rate"]["high"] *= 1.0001
    return "decode[int8-b1-p8-n4] decode_rate: high end stands as"


def sample(run: Json) -> str:
    cell(run, "decode")["values"]["latency"]["samples"][-1] *= 1.0001
    return "the clock's samples in its row are those of no figure"


def weight(run: Json) -> str:
    cell(run, "quality")["values"]["loss"]["weights"][0] += 1
    return "quality[int8] loss: bootstrap stands as"


def perplexity(run: Json) -> str:
    cell(run, "quality")["values"]["perplexity"]["value"] *= 1.0001
    return "quality[int8] perplexity: stands as"


def mean_of_the_row(run: Json) -> str:
    run["benchmarks"][0]["stats"]["mean"] *= 1.0001
    return "row: mean stands as"


def outliers_of_the_row(run: Json) -> str:
    run["benchmarks"][0]["stats"]["outliers"] = "9;9"
    return "row: outliers stands as 9;9"


def name_of_the_row(run: Json) -> str:
    run["benchmarks"][0]["fullname"] = "decode[int4]"
    return "its row is called decode[int4]"


def estimator(run: Json) -> str:
    cell(run, "load")["values"]["ready"]["estimator"] = "guess"
    return "load[int8] ready: names guess: it cannot be worked out again from its 6 samples"


def no_estimator(run: Json) -> str:
    cell(run, "load")["values"]["ready"]["estimator"] = None
    return "names no estimator"


def twice(run: Json) -> str:
    run["weighbridge"]["records"].append(copy.deepcopy(cell(run, "load")))
    return "load[int8]: has 2 records"


def lost(run: Json) -> str:
    run["weighbridge"]["records"].remove(cell(run, "load"))
    return "load[int8]: was to run, and has neither figures nor a reason why not"


def stray(run: Json) -> str:
    run["weighbridge"]["settings"]["order"].remove("load[int8]")
    return "load[int8]: has a record, but is not among the cells that ran"


def unproven(run: Json) -> str:
    cell(run, "load")["proof"] = {}
    return "load[int8]: has figures, and no proof"


def otherwise_proven(run: Json) -> str:
    cell(run, "load")["proof"]["dtype"] = "int4"
    return "its proof is not that of"


def imitated(run: Json) -> str:
    run["weighbridge"]["variants"]["teacher"]["simulated"] = True
    return "its proof says simulated: False, the run True"


def no_fingerprint(run: Json) -> str:
    run["weighbridge"]["variants"]["int8"]["fingerprint"] = None
    return "load[int8]: the variant int8 has no fingerprint"


def no_recipe(run: Json) -> str:
    cell(run, "quality")["values"]["loss"]["recipe"] = None
    return "quality[int8] loss: is a figure of a text, and names no recipe"


def no_text(run: Json) -> str:
    run["weighbridge"]["text"] = {}
    return "quality[int8] loss: is a figure of a text that has no fingerprint"


def bytes_of_weights(run: Json) -> str:
    proof = {**cell(run, "load")["proof"], "weight_bytes": {"int8": 1}}
    for suite in ("load", "decode", "quality"):
        cell(run, suite)["proof"] = proof
    return "load[int8] weight_bytes: stands as 2048, the proof's parts give 1"


def form(run: Json) -> str:
    run["weighbridge"]["machine"]["colour"] = "red"
    return "$.weighbridge.machine: against the schema: "


EDITS = (
    median, interval, sample, weight, perplexity, mean_of_the_row, outliers_of_the_row,
    name_of_the_row, estimator, no_estimator, twice, lost, stray, unproven, otherwise_proven,
    imitated, no_fingerprint, no_recipe, no_text, bytes_of_weights, form,
)  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_what_is_wrong_is_said_in_a_line(run: Json, edit: Callable[[Json], str]) -> None:
    says = edit(run)
    assert any("was changed after it was written" in str(one) for one in findings(run))
    found = [str(one) for one in findings(resealed(run))]
    assert any(says in line for line in found), found
    assert not any("\n" in line for line in found)


def test_findings_give_exit_code_1(
    run: Json, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    says = median(run)
    assert checked(run, tmp_path) == 1
    said = capsys.readouterr().out.splitlines()
    assert any(line.startswith(says) for line in said)


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "is not JSON"), ('{"a": NaN}', "NaN is not a number"), ("[]", "no Weighbridge run")],
)
def test_another_file_is_one_line(
    text: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.json").write_text(text)
    assert main(["check", str(tmp_path / "run.json")]) == 1
    said = capsys.readouterr().out
    assert says in said.splitlines()[-1]


def test_no_file_is_a_mistake_in_the_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(tmp_path / "none.json")]) == 2
    assert "none.json is no file" in capsys.readouterr().err
