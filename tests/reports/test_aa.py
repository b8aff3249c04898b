"""`weighbridge aa` on invented pairs: what is fitted, written, repeated, resampled and told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import pytest

from bench.pair import Effort
from reports.__main__ import main
from reports.left import DUEL, grouped
from reports.pairing import Pairing, in_order
from reports.policy import read_policy
from tests.reports.stored_pairs import CELLS, Json, pair

WORDS = ("aa", "--pairs=10", "--repeats=6", "--gates=60", "--write=gate.toml")


class Quiet(Pairing):
    """Invents its pairs: by their names, so that the same command gets the same again."""

    def pair(self, cells: Sequence[str], seed: str, title: str, more: int) -> Json:
        STARTED.append(seed)
        return pair(numpy.random.default_rng([ord(sign) for sign in seed]), cells)


STARTED: list[str] = []


@pytest.fixture(autouse=True)
def invented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def of(arms: Any, effort: Effort) -> Pairing:
        left = grouped({"speedup[int8-b1]": DUEL})
        return Quiet(arms=arms, effort=effort, cells=CELLS, absent={}, same={"cells": CELLS},
                     clockless=["load[int8]"], left=left)  # fmt: skip

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Pairing, "of", of)
    STARTED.clear()
    return tmp_path


def test_all_of_it(invented: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS]) == 0
    said = capsys.readouterr().out
    assert "gate 6: passed: " in said
    assert "; 2.00 pairs a cell" in said
    assert "Real gates with a false alarm: 0 of 6 (0 %, exactly [0, 45.9] %)" in said
    assert "conditional on 12 pairs, the real gates' screening" in said
    assert len(STARTED) == 10 + 6 * 2
    data = json.loads((invented / "aa.json").read_text())
    assert [one["slowed_by"] for one in data["resampled"]] == [0.0, 0.02, 0.03, 0.05, 0.1]
    assert data["resampled"][-1]["found"]["hits"] == 60 * 6
    assert {one["rule"] for one in data["naive"]} >= {"Mann-Whitney at 0.05, measured in turns"}


def test_what_takes_no_part_is_told_and_kept(
    invented: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["aa", "--pairs=4"]) == 0
    said = capsys.readouterr().out
    assert f"left out: 1 speedup cell: {DUEL}" in said
    assert "left out: 1 load cell: `aa` fits the noise of times" in said
    kept = json.loads((invented / "aa.json").read_text())["left_out"]
    assert [one["cells"] for one in kept] == [["speedup[int8-b1]"], ["load[int8]"]]


@pytest.mark.parametrize("word", ["--strict", "--markdown=x.md", "--verbose"])
def test_a_word_that_it_would_not_heed_is_refused(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["aa", word])
    assert (ended.value.code, STARTED) == (12, [])
    assert f"unrecognized arguments: {word}" in capsys.readouterr().err


def test_what_it_writes_is_a_policy_of_its_own(invented: Path) -> None:
    main([*WORDS])
    policy = read_policy(invented / "gate.toml")
    assert len(policy.rules) == 2
    assert (invented / "gate.toml").read_text().startswith("# Fitted by `weighbridge aa`.")
    assert main([*WORDS]) == 0  # its own is replaced


def test_a_policy_that_somebody_wrote_is_not_replaced(
    invented: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (invented / "gate.toml").write_text("alpha = 0.01\n")
    assert main([*WORDS]) == 12
    assert "was not written by `weighbridge aa`" in capsys.readouterr().err
    assert (STARTED, (invented / "gate.toml").read_text()) == ([], "alpha = 0.01\n")


def test_too_few_pairs_to_resample_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["aa", "--pairs=4"]) == 0
    assert "Too few pairs to resample gates from" in capsys.readouterr().out
    assert main(["aa", "--pairs=2"]) == 12


def test_an_interrupted_one_goes_on(
    invented: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Quiet.pair

    def broken(self: Quiet, cells: Sequence[str], seed: str, title: str, more: int) -> Json:
        if seed == "gate 2 screen 1":
            raise KeyboardInterrupt
        return whole(self, cells, seed, title, more)

    monkeypatch.setattr(Quiet, "pair", broken)
    assert main([*WORDS]) == 130
    assert "the same command goes on" in capsys.readouterr().err
    monkeypatch.setattr(Quiet, "pair", whole)
    assert main([*WORDS]) == 0
    assert "15 pairs are taken from the journal" in capsys.readouterr().err
    assert len(STARTED) == len(set(STARTED)) == 22


def test_the_order_keeps_variants_together_and_is_another_each_time() -> None:
    orders = [in_order(CELLS, str(seed)) for seed in range(20)]
    assert all(sorted(order) == sorted(CELLS) for order in orders)
    assert all("teacher" in order[0] or "int8" in order[5] for order in orders)
    assert len({tuple(order) for order in orders}) == 20
    assert in_order(CELLS, "7") == orders[7]
