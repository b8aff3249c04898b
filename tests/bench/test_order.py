"""In which order cells run, and which are too long."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cell import CELL, Cell
from bench.errors import Misuse
from bench.order import check_positions, in_order
from bench.workload import Workload


class Item:
    """As much of a pytest item as is asked."""

    def __init__(self, suite: str, variant: str, at: int) -> None:
        self.stash = pytest.Stash()
        self.stash[CELL] = Cell(suite, variant, None if suite == "load" else Workload(at, 1))
        self.alone = suite in ("load", "memory", "keeping")
        self.fixturenames = ["loading"] if suite in ("load", "memory") else ["model"]

    def get_closest_marker(self, name: str) -> Any:
        return name if self.alone and name == "isolated" else None

    @property
    def rank(self) -> int:
        return {"load": 0, "memory": 1, "keeping": 2}.get(self.stash[CELL].suite, 3)


cells = st.lists(
    st.tuples(
        st.sampled_from(["load", "memory", "keeping", "decode", "quality"]),
        st.sampled_from("abcd"),
    ),
    max_size=20,
).map(lambda rows: [Item(suite, variant, at + 1) for at, (suite, variant) in enumerate(rows)])


def ordered(items: Sequence[Item], seed: int) -> list[Item]:
    return in_order(items, seed)  # type: ignore[arg-type,return-value]


@given(cells, st.integers(0, 99))
def test_each_once_variants_together_isolated_ones_first(items: list[Item], seed: int) -> None:
    found = ordered(items, seed)
    assert sorted(map(id, found)) == sorted(map(id, items))
    groups = [(name, list(g)) for name, g in groupby(found, lambda i: i.stash[CELL].variant)]
    assert len({name for name, _ in groups}) == len(groups)
    for _, group in groups:
        ranks = [item.rank for item in group]
        assert ranks == sorted(ranks)


@given(cells, st.integers(0, 99))
def test_a_seed_repeats_and_touches_nobodys_dice(items: list[Item], seed: int) -> None:
    before = random.getstate()
    assert ordered(items, seed) == ordered(items, seed)
    assert random.getstate() == before


def test_seeds_differ() -> None:
    items = [Item("decode", variant, at) for at in range(1, 4) for variant in "abcd"]
    orders = {tuple(cell.stash[CELL].label for cell in ordered(items, s)) for s in range(20)}
    firsts = {order[0] for order in orders}
    assert len(orders) > 15
    assert len(firsts) > 4


def test_positions() -> None:
    fits = Cell("decode", "a", Workload(1, 100, 28))
    check_positions([fits, Cell("load", "a", None)], 128)
    with pytest.raises(Misuse, match=r"decode: prompt 100 \+ new tokens 28 .* 127 positions"):
        check_positions([fits], 127)
    with pytest.raises(Misuse, match="128 positions"):
        check_positions([Cell("prefill", "a", Workload(1, 129))], 128)
    check_positions([Cell("prefill", "a", Workload(1, 128))], 128)  # GPT-2 takes 1024 tokens
