"""What is published only where it has been proven."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.catalog import Catalog
from bench.errors import ProofFailed
from bench.fixtures import prove
from bench.make import ChildMaker
from bench.record import Record
from bench.session import BenchSession
from bench.settings import Settings
from bench.variant import Variant


class Shown:
    """A model that has nothing but a proof."""

    def __init__(self, proof: Any) -> None:
        self._proof = proof

    def proof(self) -> Any:
        if isinstance(self._proof, Exception):
            raise self._proof
        return self._proof


@pytest.fixture
def bench(tmp_path: Path) -> BenchSession:
    settings = replace(
        Settings.resolve(lambda _: None, lambda _: None),
        threads=2,
        device="cpu",
        artifacts=tmp_path,
    )
    return BenchSession(settings, Catalog({}, ()), tmp_path, print)


MINE = Variant(name="mine", summary="", load=lambda *_: None)  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("proof", "why"),
    [
        (ProofFailed("found floats"), "^mine: found floats$"),
        (RuntimeError("No available kernel"), "^mine could not be proven: RuntimeError: No avail"),
        ({"threads": 1}, "^mine: asked for 2 as threads, found 1$"),
        ({"device": "cuda:0"}, "^mine: asked for cpu as device, found cuda:0$"),
    ],
)
def test_what_is_not_proven_is_refused(bench: BenchSession, proof: Any, why: str) -> None:
    with pytest.raises(ProofFailed, match=why):
        prove(bench, MINE, Shown(proof))  # type: ignore[arg-type]
    assert bench.proofs == {}


@pytest.mark.parametrize("shown", [{}, {"deterministic": False}])
def test_a_runtime_that_does_not_say_that_it_is_deterministic_is_not(
    bench: BenchSession, shown: dict[str, bool]
) -> None:
    bench.settings = replace(bench.settings, deterministic=True)
    with pytest.raises(ProofFailed, match=r"^mine: asked for deterministic"):
        prove(bench, MINE, Shown(shown))  # type: ignore[arg-type]
    prove(bench, MINE, Shown({"deterministic": True}))  # type: ignore[arg-type]


@pytest.mark.parametrize("asked", [False, True])
def test_making_is_as_deterministic_as_measuring(bench: BenchSession, asked: bool) -> None:
    bench.settings = replace(bench.settings, deterministic=asked)
    bench.catalog = Catalog.of(("variants",))
    assert bench.artifacts.deterministic is asked
    maker = bench.artifacts.maker
    assert isinstance(maker, ChildMaker)
    assert maker.place.deterministic is asked


def test_a_resumed_cell_keeps_the_proof_that_it_was_measured_with(bench: BenchSession) -> None:
    record = Record(suite="load", variant="mine")
    bench.proofs_before["mine"] = {"layers": 4}
    bench.resumed.append(record.cell)
    assert bench.final(record) == replace(record, proof={"layers": 4})
    bench.proofs["mine"] = {"layers": 5}
    assert "its variant's proof was another" in bench.final(record).warnings[0]


def test_a_proof_is_kept(bench: BenchSession) -> None:
    prove(bench, MINE, Shown({"threads": 2, "device": "cpu", "layers": 4}))  # type: ignore[arg-type]
    record = bench.final(Record(suite="load", variant="mine"))
    assert (record.status, record.proof["layers"]) == ("measured", 4)


def test_figures_that_nothing_proved_are_not_published(bench: BenchSession) -> None:
    record = bench.final(Record(suite="load", variant="mine"))
    assert (record.status, record.values) == ("proof_failed", {})
    assert "never proven" in str(record.message)


def test_a_failure_keeps_its_own_reason(bench: BenchSession) -> None:
    failed = Record(suite="load", variant="mine", status="out_of_memory", message="too much")
    assert bench.final(failed).message == "too much"
