"""Where a setting comes from, and which are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import machine
from bench.errors import Misuse
from bench.parsing import axis
from bench.settings import OPTIONS, Settings


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS:
        monkeypatch.delenv(option.environment, raising=False)
    monkeypatch.setattr("bench.needs.cuda", lambda: False)


def resolve(line: dict[str, Any] | None = None, ini: dict[str, Any] | None = None) -> Settings:
    return Settings.resolve((line or {}).get, (ini or {}).get)


def test_the_command_line_beats_the_environment_beats_the_ini_file_beats_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert resolve().rounds is None
    ini = {"bench_rounds": "4"}
    assert resolve(ini=ini).rounds == 4
    monkeypatch.setenv("WEIGHBRIDGE_ROUNDS", "5")
    assert resolve(ini=ini).rounds == 5
    assert resolve({"rounds": "6"}, ini).rounds == 6
    monkeypatch.setenv("WEIGHBRIDGE_ROUNDS", "")
    assert resolve(ini=ini).rounds == 4


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_says_its_three_names(option: Any) -> None:
    name = option.name
    assert option.flag == "--" + name.replace("_", "-")
    assert (option.environment, option.ini) == (f"WEIGHBRIDGE_{name.upper()}", f"bench_{name}")
    assert option.help


@pytest.mark.parametrize("name", ["eval_tokens", "window", "rounds", "threads"])
@pytest.mark.parametrize("word", ["0", "-1", "1.5", "many", "1e3", "9" * 19, " 3"])
def test_counts_are_positive_whole_numbers(name: str, word: str) -> None:
    with pytest.raises(Misuse, match=f"--{name.replace('_', '-')}"):
        resolve({name: word, "stride": "1"})


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("seed", "-1"), ("seed", "x"), ("device", "tpu"), ("device", "cuda:"), ("device", "CPU"),
        ("device", "cuda"), ("device", "cuda:0"), ("teacher_dtype", "int8"), ("stride", "512"),
    ],
)  # fmt: skip
def test_words_that_cannot_be(name: str, word: str) -> None:
    with pytest.raises(Misuse, match=f"--{name.replace('_', '-')}") as found:
        resolve({name: word})
    assert "\n" not in str(found.value)


def test_auto_is_what_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (resolve().device, resolve().threads) == ("cpu", machine.usable_threads())
    monkeypatch.setattr("bench.needs.cuda", lambda: True)
    monkeypatch.setattr("bench.settings.versions", lambda: {"torch": "2.13.0"})
    assert resolve().device == "cuda"
    monkeypatch.setattr("bench.settings.versions", lambda: {"torch": "2.13.0+cpu"})
    assert resolve().device == "cpu"  # a GPU that this torch cannot use
    assert resolve({"device": "cuda:1"}).device == "cuda:1"


def test_our_own_variants_always_come_first() -> None:
    assert resolve().packages == ("variants",)
    assert resolve(ini={"bench_variants": "mine yours mine"}).packages == (
        "variants", "mine", "yours",
    )  # fmt: skip


def test_artifacts_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve({"artifacts": "made"}).artifacts == tmp_path / "made"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve({"artifacts": "~/made"}).artifacts == tmp_path / "made"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert resolve().artifacts == tmp_path / "cache" / "weighbridge"


def test_a_recipe_that_does_not_exist() -> None:
    with pytest.raises(Misuse) as found:
        resolve({"recipe": "wikitext"})
    assert str(found.value) == (
        "--recipe 'wikitext' is none of disjoint, hf-strided, llama.cpp, word"
    )


def test_only_a_strided_recipe_minds_the_stride() -> None:
    assert resolve({"recipe": "disjoint", "window": "64"}).window == 64
    with pytest.raises(Misuse, match="--stride 256 is not shorter"):
        resolve({"window": "64"})


def test_all_tokens() -> None:
    asked = resolve({"eval_tokens": "all"})
    assert asked.eval_tokens is None
    assert "--eval-tokens=all" in asked.as_arguments()


def test_a_child_gets_the_same(tmp_path: Path) -> None:
    first = resolve({"seed": "7", "window": "64", "stride": "9", "artifacts": str(tmp_path)})
    said = dict(word.lstrip("-").split("=", 1) for word in first.as_arguments())
    assert resolve({key.replace("-", "_"): value for key, value in said.items()}) == first


def test_a_switch_is_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (resolve().isolate, resolve().deterministic) == (False, False)
    found = resolve({"isolate": "yes"}, {"bench_deterministic": "yes"})
    assert (found.isolate, found.place.deterministic) == (True, True)
    assert "--deterministic" in found.as_arguments()
    assert "--isolate" not in found.as_arguments()  # a child has no children
    monkeypatch.setenv("WEIGHBRIDGE_ISOLATE", "maybe")
    with pytest.raises(Misuse, match="--isolate 'maybe' is neither yes nor no"):
        resolve()


def test_plain_values_for_the_run_file() -> None:
    found = resolve().as_json()
    assert all(
        isinstance(v, (str, int, float, list, type(None)))
        and (not isinstance(v, list) or all(map(str, v)))
        for v in found.values()
    )
    assert found["packages"] == ["variants"]


@pytest.mark.parametrize(
    ("word", "expected"), [("1", (1,)), ("1,4", (1, 4)), (" 8 , 1 ", (8, 1)), ("4,4,1", (4, 1))]
)
def test_an_axis(word: str, expected: tuple[int, ...]) -> None:
    assert axis("--batch", word) == expected
    assert axis("--batch", None) is None


@pytest.mark.parametrize("word", ["", "0", "1,", ",1", "1;2", "a", "-1", "1.0", "01", "1" * 10])
def test_no_axis(word: str) -> None:
    with pytest.raises(Misuse, match=r"--batch .* is not a list of positive whole numbers"):
        axis("--batch", word)


@pytest.mark.parametrize(
    ("said", "share"), [("1%", 0.01), ("0.5 %", 0.005), ("0.02", 0.02), (".5%", 0.005)]
)
def test_a_precision_is_a_share(said: str, share: float) -> None:
    assert resolve({"precision": said}).plan.precision == pytest.approx(share)


@pytest.mark.parametrize(
    ("said", "seconds"), [("10s", 10), ("500ms", 0.5), ("2min", 120), ("3", 3), ("1.5 s", 1.5)]
)
def test_a_budget_is_a_time(said: str, seconds: float) -> None:
    assert resolve({"budget": said}).plan.budget == pytest.approx(seconds)


@pytest.mark.parametrize("said", ["0", "0%", "100%", "1", "-1%", "two", "nan", "1e-3%"])
def test_no_share_is_refused(said: str) -> None:
    with pytest.raises(Misuse, match=r"--precision .* is no share between 0 and 100 %"):
        resolve({"precision": said})


@pytest.mark.parametrize("said", ["0", "0s", "-10s", "soon", "10h", "inf"])
def test_no_time_is_refused(said: str) -> None:
    with pytest.raises(Misuse, match=r"--budget .* is no time above zero"):
        resolve({"budget": said})


def test_a_childs_arguments_give_the_same_settings() -> None:
    there = resolve({"precision": "1.5%", "budget": "2min", "rounds": "7"})
    said = dict(word.removeprefix("--").split("=", 1) for word in there.as_arguments())
    again = resolve({name.replace("-", "_"): value for name, value in said.items()})
    assert again == there


@pytest.mark.parametrize(
    ("said", "limit"), [("25%", 0.25), ("0.3", 0.3), ("100%", 1.0), ("1", 1.0)]
)
def test_others_may_use_a_share_or_all(said: str, limit: float) -> None:
    assert resolve({"busy_share": said}).busy_share == pytest.approx(limit)
