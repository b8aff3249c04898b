"""Options of recipes: what is read, what is refused with its range, and where it counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bench.catalog import Catalog
from bench.errors import Misuse
from bench.settings import Settings
from bench.tunable import by_variant, plain, range_of, split, tunable, tuned, written
from bench.variant import Place, Variant


@dataclass(frozen=True, kw_only=True)
class Options:
    ratio: float = tunable(0.2, "share", low=0.01, high=0.99)
    steps: int = tunable(1, "rounds", low=1, high=30)
    loss: str = tunable("kl", "what it follows", of=("kl", "mse"))
    kept: tuple[int, ...] = tunable((), "steps", low=1)
    merged: bool = tunable(False, "one file")
    folder: str = tunable("", "a path")


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("ratio", "0.3", 0.3), ("ratio", "1e-2", 0.01), ("steps", "30", 30), ("loss", "mse", "mse"),
        ("kept", "60,120", (60, 120)), ("kept", "", ()), ("merged", "yes", True),
        ("merged", "no", False), ("folder", "a/b=c", "a/b=c"),
    ],
)  # fmt: skip
def test_each_kind_is_read_from_its_text(option: str, text: str, value: Any) -> None:
    assert getattr(tuned("x", Options(), {option: text}), option) == value


@pytest.mark.parametrize(
    ("option", "text", "says"),
    [
        ("ratio", "0", "out of range; allowed: 0.01 to 0.99"),
        ("ratio", "nan", "out of range; allowed: 0.01 to 0.99"),
        ("ratio", "inf", "out of range"),
        ("ratio", "much", "is no float; allowed: 0.01 to 0.99"),
        ("steps", "31", "out of range; allowed: 1 to 30"),
        ("steps", "1.5", "is no int"),
        ("loss", "huber", "out of range; allowed: kl, mse"),
        ("kept", "60,0", "out of range; allowed: from 1"),
        ("kept", "a", "is no tuple"),
        ("merged", "true", "is no bool"),
        ("rate", "1", "variant 'x' has no such option; it has ratio, steps, loss"),
    ],
)
def test_nonsense_is_refused_with_what_is_allowed(option: str, text: str, says: str) -> None:
    with pytest.raises(Misuse, match=says):
        tuned("x", Options(), {option: text})


def test_a_variant_without_options_says_so() -> None:
    with pytest.raises(Misuse, match="variant 'half' has no such option; it has no options"):
        tuned("half", None, {"bits": "4"})


@pytest.mark.parametrize(
    "pair", ["ratio=0.3", "pruned.ratio", "pruned ratio=1", ".ratio=1", "=", ""]
)
def test_what_is_no_pair_is_refused(pair: str) -> None:
    with pytest.raises(Misuse, match="is not VARIANT"):
        split(pair)


def test_names_with_dots_and_chains_part_at_the_last_dot() -> None:
    assert split("student.60+int4.group=64") == ("student.60+int4", "group", "64")
    assert by_variant(["a.x=1", "b.x=2", "a.x=3"]) == {"a": {"x": "3"}, "b": {"x": "2"}}


def test_the_range_reads_as_words() -> None:
    allowed = {one.name: str(range_of(one)) for one in Options.__dataclass_fields__.values()}
    assert allowed == {"ratio": "0.01 to 0.99", "steps": "1 to 30", "loss": "kl, mse",
                       "kept": "from 1", "merged": "any", "folder": "any"}  # fmt: skip


def test_options_are_plain_data_for_the_run_file() -> None:
    assert plain(None) == {}
    assert plain(Options(kept=(1,)))["kept"] == (1,)


def test_the_line_beats_the_environment_beats_the_ini_file_option_by_option(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEIGHBRIDGE_SET", "pruned.ratio=0.5 pruned.steps=2")
    ini = {"bench_set": "pruned.ratio=0.1 int4.group=64"}
    found = Settings.resolve({"set": ["pruned.ratio=0.7"]}.get, ini.get)
    assert found.set == ("int4.group=64", "pruned.ratio=0.7", "pruned.steps=2")
    assert found.as_arguments()[-3:] == [f"--set={pair}" for pair in found.set]


def test_options_reach_make_and_load() -> None:
    seen: list[Any] = []
    keep = lambda *found: seen.append(found[2:])  # noqa: E731
    bare = Variant(name="bare", summary="", make=keep, load=keep)
    for variant in (bare, replace(bare, options=Options()).tuned({"steps": "2"})):
        variant.build(Path(), Path())
        variant.open(Path(), Place())
    assert seen == [(), (), (Options(steps=2),), (Options(steps=2),)]


def test_a_recipes_options_hold_in_its_chains_unless_the_chain_has_its_own() -> None:
    pairs = ["student.steps=7", "student.rate=0.5", "half+student.steps=9"]
    catalog = Catalog.of(("variants",), pairs)
    assert (catalog.get("student").options.steps, catalog.get("student").options.rate) == (7, 0.5)
    chain = catalog.get("half+student").options
    assert (chain.steps, chain.rate) == (9, 0.5)


@pytest.mark.parametrize("pair", ["nowhere.steps=1", "student.nothing=1", "int8.bits=4"])
def test_an_option_that_no_variant_has_is_refused_when_the_catalog_is_read(pair: str) -> None:
    with pytest.raises(Misuse):
        Catalog.of(("variants",), [pair])


@pytest.mark.parametrize("value", [True, False, (1, 2), (), 0.3, 7, "kl"])
def test_what_is_written_reads_back(value: Any) -> None:
    kinds = {bool: "merged", tuple: "kept", float: "ratio", int: "steps", str: "loss"}
    option = kinds[type(value)]
    assert getattr(tuned("x", Options(), {option: written(value)}), option) == value
