"""Skimming a run: what `read` would give or refuse, in less memory."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import skimming
from bench.checking import MOST_WHOLE
from bench.errors import BadRun
from bench.reading import read
from bench.record import Run
from bench.skimming import Walk, skim
from tests.reports import believed, sample

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(["benchmarks", "weighbridge", "records", "absent", "else"])
NESTED = st.recursive(JSON, lambda inner: st.dictionaries(KEYS, inner), max_leaves=6)
LAYOUTS = st.sampled_from([{}, {"indent": 1}, {"separators": (" ,\r", "\t: \n")}])
WHOLE = json.dumps(believed.run_file(), indent=1)
ROW = st.sampled_from(
    [
        *({"group": 1, "a": [{"group": 2}, {"group": 3}]}, {"group": 1, "a": '}, {"group": 1'}),
        *({"group": 1, "a": []}, {"group": 1}, {}, {"a": 1}, {"group": "}"}, {"group": 2**70}),
        *([], [1, 2], 1, 12, 1.5, "", '", "', "a", None, True, [[1], [2]], {"group": {"group": 1}}),
    ]
)
"""What may be taken for the end of a row, or for another one's beginning."""


def settled(found: Any) -> Any:
    """Whole numbers beyond 53 bits as the floats that every check makes of them."""
    if isinstance(found, dict):
        return {key: settled(item) for key, item in found.items()}
    if isinstance(found, list):
        return [settled(item) for item in found]
    return float(found) if type(found) is int and abs(found) > MOST_WHOLE else found


def lean(run: Run) -> Run:
    return replace(run, records=tuple(record.lean for record in run.records))


def told(reader: Any, path: Path) -> Any:
    """The run, or the line by which it was refused."""
    try:
        return reader(path)
    except BadRun as error:
        return str(error)


def same_as_read(text: str, folder: Path) -> Any:
    path = folder / "run.json"
    path.write_text(text, encoding="utf-8", newline="")
    found, wanted = told(skim, path), told(read, path)
    assert found == (wanted if isinstance(wanted, str) else lean(wanted))
    return found


@given(found=NESTED, layout=LAYOUTS)
def test_the_walk_reads_what_json_reads(found: Any, layout: dict[str, Any]) -> None:
    text = json.dumps(found, **layout)
    assert settled(Walk(text.encode(), lambda way, item: item).document()) == settled(found)


@given(found=NESTED, window=st.integers(1, 9))
def test_the_walk_reads_the_same_through_a_narrow_window(found: Any, window: int) -> None:
    text = json.dumps({"else": found, "benchmarks": [found]}, ensure_ascii=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skimming, "WINDOW", window)
        read_so = Walk(text.encode(), lambda way, item: item).document()
    assert read_so == {"else": found, "benchmarks": [found]}


@given(rows=st.lists(ROW, min_size=4, max_size=12), layout=LAYOUTS)
def test_rows_that_look_alike_are_told_apart_as_json_tells_them(
    rows: list[Any], layout: dict[str, Any]
) -> None:
    text = json.dumps({"benchmarks": rows}, **layout)
    seen: list[Any] = []
    Walk(text.encode(), lambda way, item: seen.append(item)).document()
    assert settled(seen) == settled(rows)


@pytest.mark.parametrize("layout", [{}, {"indent": 1}, {"indent": 4}, {"separators": (",", ":")}])
def test_rows_of_one_writer_go_through_the_faster_parser(
    layout: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"group": at, "extra_info": {"bench": [{"a": 1}, {"a": 2}]}} for at in range(50)]
    taken: list[bytes] = []
    loads = skimming.orjson.loads
    monkeypatch.setattr(skimming.orjson, "loads", lambda text: taken.append(text) or loads(text))
    text = json.dumps({"benchmarks": rows}, **layout)
    document = Walk(text.encode(), lambda way, item: item).document()
    assert document == {"benchmarks": rows}
    assert len(taken) == len(rows) - 2  # the first and the last have none before or after them


@given(text=st.text(alphabet='{}[]",:1e- \n"b', max_size=12))
def test_what_is_no_json_is_refused_as_json_refuses_it(text: str) -> None:
    try:
        wanted = json.loads(text)
    except ValueError:
        with pytest.raises((ValueError, IndexError)):
            Walk(text.encode(), lambda way, item: item).document()
    else:
        assert Walk(text.encode(), lambda way, item: item).document() == wanted


def test_only_rows_are_handed_over() -> None:
    seen = []
    text = json.dumps({"benchmarks": [1], "records": [2], "weighbridge": {"absent": [3, 4]}})
    Walk(text.encode(), lambda way, item: seen.append((way, item))).document()
    absent = ("weighbridge", "absent")
    assert seen == [(("benchmarks",), 1), (absent, 3), (absent, 4)]


@pytest.mark.parametrize("data", [sample.full(), believed.run_file(), sample.only()])
@pytest.mark.parametrize("indent", [None, 1])
def test_a_run_is_the_same_but_leaner(data: Any, indent: int | None, tmp_path: Path) -> None:
    found = same_as_read(json.dumps(data, indent=indent), tmp_path)
    assert all(not record.facts and not record.proof for record in found.records)
    samples = [v for record in found.records for v in record.values.values() if v.samples]
    assert {value.kind for value in samples} == ({"paired"} if found.records else set())


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"weighbridge": {}}', '{"weighbridge": {"schema": 1}}', WHOLE[:9000],
     WHOLE + "x", "\ufeff" + WHOLE, WHOLE.replace('"benchmarks": [', '"benchmarks": {}, "x": ['),
     WHOLE.replace('"status": "measured"', '"status": NaN', 1),
     WHOLE.replace('"records": [', '"records": 1, "x": [')],
    ids=range(12),
)  # fmt: skip
def test_a_refusal_is_the_readers_own(text: str, tmp_path: Path) -> None:
    assert isinstance(same_as_read(text, tmp_path), str)


@given(data=st.data())
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_damage_is_found_as_the_reader_finds_it(data: st.DataObject, tmp_path: Path) -> None:
    document = copy.deepcopy(believed.run_file())
    place: Any = document
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.integers(0, 9)) == 0:
            place[key] = data.draw(JSON)
            break
        place = place[key]
    same_as_read(json.dumps(document), tmp_path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="cannot be read: No such file"):
        skim(tmp_path / "none.json")
