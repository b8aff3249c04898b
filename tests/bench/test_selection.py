"""From words on the command line to variants and workloads."""

from __future__ import annotations

from typing import Any

import pytest

from bench.catalog import Catalog
from bench.errors import Misuse
from bench.selection import Selection
from bench.variant import Variant
from bench.workload import Grid


def load(folder: object, place: object) -> Any:
    return None


def declared() -> Catalog:
    recipes = {
        name: Variant(name=name, summary="", base="teacher", make=load, load=load)
        for name in ("int8", "int4", "student")
    }
    teacher = Variant(name="teacher", summary="", load=load)
    return Catalog({"teacher": teacher, **recipes}, ("mine",))


class Config:
    """As much of pytest's config as is asked."""

    def __init__(self, **said: Any) -> None:
        self.said: dict[str, Any] = {"bench_chain": [], **said}

    def getoption(self, name: str) -> Any:
        return self.said.get(name)

    def getini(self, name: str) -> Any:
        return self.said.get(f"ini_{name}")


def names(**said: Any) -> list[str]:
    said = {"ini_bench_default_variants": "teacher int8", **said}
    return list(Selection.of(Config(**said)).names(declared()))  # type: ignore[arg-type]


def test_alone_it_is_the_default_set() -> None:
    assert names() == ["teacher", "int8"]


@pytest.mark.parametrize("option", ["bench_all", "keyword", "markexpr"])
def test_what_widens_it(option: str) -> None:
    assert set(names(**{option: "x"})) == {"teacher", "int8", "int4", "student"}


def test_exactly_these_in_their_order_and_once() -> None:
    assert names(bench_variant="int4, teacher,int4") == ["int4", "teacher"]
    assert names(bench_variant="student+int4") == ["student+int4"]


def test_chains_come_besides() -> None:
    found = names(bench_chain=["student+int4", "student+int8,student+int4"])
    assert found == ["teacher", "int8", "student+int4", "student+int8"]


def test_an_unknown_name_is_misuse() -> None:
    for said in ({"bench_variant": "int5"}, {"bench_chain": ["int5+int8"]}):
        with pytest.raises(Misuse, match="int5"):
            names(**said)


def test_the_grid_of_the_command_line_replaces_axis_by_axis() -> None:
    selection = Selection.of(Config(bench_batch="2,1", bench_new="3"))  # type: ignore[arg-type]
    decode = Grid(batch=(1, 4), prompt=(32, 128), new=(16,))
    prefill = Grid(batch=(1, 4), prompt=(32,))
    assert [str(load) for load in selection.workloads(decode)] == [
        "b2-p32-n3", "b2-p128-n3", "b1-p32-n3", "b1-p128-n3",
    ]  # fmt: skip
    assert [str(load) for load in selection.workloads(prefill)] == ["b2-p32", "b1-p32"]


def test_a_child_gets_the_same_grid() -> None:
    selection = Selection.of(Config(bench_batch="1,4", bench_prompt="8"))  # type: ignore[arg-type]
    assert list(selection.as_arguments()) == ["--batch=1,4", "--prompt=8"]
