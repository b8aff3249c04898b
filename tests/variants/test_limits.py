"""The machine's limits in torch: their form, and sizes; how large they are is the machine's."""

import json
from pathlib import Path
from statistics import median

import jsonschema
import pytest

from bench.variant import Place
from tests.fakes import _project
from variants.runtimes import limits as room
from variants.runtimes.limits import buffer_bytes, limits

MIB = 2**20


@pytest.mark.parametrize(
    ("cache", "memory", "expected"),
    [
        (None, None, 256 * MIB), (32 * MIB, 64 * 1024 * MIB, 256 * MIB),
        (300 * MIB, 64 * 1024 * MIB, 600 * MIB), (900 * MIB, 64 * 1024 * MIB, 1024 * MIB),
        (32 * MIB, 800 * MIB, 100 * MIB),
    ],
)  # fmt: skip
def test_the_buffer_is_larger_than_the_cache_and_small_in_memory(
    cache: int | None, memory: int | None, expected: int
) -> None:
    assert buffer_bytes(cache, memory) == expected


def test_limits_keep_the_schema_and_are_the_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SECONDS", 0.001), ("BLOCK", 1e-5), ("SIDES", (32, 64))):
        monkeypatch.setattr(room, name, value)
    monkeypatch.setattr(room, "buffer_bytes", lambda *_: 2 * MIB)
    found = limits(Place(threads=1))
    schema = json.loads((_project.ROOT / "bench" / "run.schema.json").read_text())
    whole = {**schema["$defs"]["limits"], "$defs": schema["$defs"]}
    jsonschema.Draft202012Validator(whole).validate(found)
    assert set(found["matmul"]) >= {"float32", "bfloat16"}
    assert "float16" not in found["matmul"]  # on a GPU only
    for one in (found["read_bandwidth"], *found["matmul"].values()):
        assert len(one["samples"]) >= 3
        assert one["limit"] == median(one["samples"]) <= one["best"] == max(one["samples"])


def test_rates_are_work_over_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock by hand: every block takes two seconds a run."""
    monkeypatch.setattr(room, "_seconds", lambda act, repeats, device: 2.0)
    monkeypatch.setattr(room, "SIDES", (16, 16))
    monkeypatch.setattr(room, "buffer_bytes", lambda *_: 2 * MIB)
    assert room._bandwidth("cpu")["limit"] == MIB
    assert room._matmuls("cpu")["float32"]["limit"] == 16**3


def test_the_largest_cache_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for level, size in (("index0", "48K"), ("index3", "480M"), ("index9", "odd")):
        (tmp_path / level).mkdir()
        (tmp_path / level / "size").write_text(size + "\n")
    monkeypatch.setattr(room, "Path", lambda _: tmp_path)
    assert room.cache_bytes() == 480 * MIB
    monkeypatch.setattr(room, "Path", lambda _: tmp_path / "none")
    assert room.cache_bytes() is None
