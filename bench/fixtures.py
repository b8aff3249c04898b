"""What a suite can ask for."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import conditions, turns
from bench import text as texts
from bench.beside import bring
from bench.cell import CELL
from bench.child import in_child
from bench.confine import default_budget, free_bytes
from bench.duel import Duel
from bench.errors import ProofFailed
from bench.fresh import Fresh
from bench.limits import LIMITS
from bench.live import telling
from bench.measure import Measure
from bench.metrics.memory import give_back, resident_bytes
from bench.model import Model, Tokens
from bench.note import Note
from bench.outcome import line_of
from bench.profiling import profiler_for
from bench.replay import title
from bench.roofline import Roofline
from bench.sampling import Plan
from bench.session import BenchSession, session_of
from bench.text import Text
from bench.variant import TEACHER, Variant
from bench.vigil import Vigil
from bench.workload import Workload


@pytest.fixture(scope="session")
def bench_session(request: pytest.FixtureRequest) -> BenchSession:
    """The session's own state."""
    return session_of(request.config)


@pytest.fixture(scope="session")
def bench_variant(request: pytest.FixtureRequest) -> str:
    """The name of the variant under test; parametrized by the plugin."""
    return str(request.param)


@pytest.fixture(scope="session")
def variant(bench_session: BenchSession, bench_variant: str) -> Variant:
    """The variant under test."""
    return bench_session.catalog.get(bench_variant)


@pytest.fixture(scope="session")
def folder(bench_session: BenchSession, variant: Variant) -> Path:
    """The folder that it was made into."""
    return bench_session.folder(variant)


@pytest.fixture(scope="session")
def text(bench_session: BenchSession, folder: Path) -> Text:
    """The evaluation text, in tokens: the teacher's, unless the variant has others of its own."""
    return bench_session.text_for(folder)


@pytest.fixture(scope="session")
def host_baseline(bench_session: BenchSession, variant: Variant, folder: Path) -> int | None:
    """Resident bytes of this process once everything is imported and nothing is loaded."""
    bring(bench_session, variant, folder)
    texts.training(bench_session.teacher_folder)  # or the prompts' tokenizing would be the peak
    conditions.look(bench_session.settings.device)  # likewise the driver's library
    give_back()
    return resident_bytes()


@pytest.fixture(scope="session")
def loading(
    bench_session: BenchSession, variant: Variant, folder: Path, host_baseline: int | None
) -> Iterator[Callable[[], Model]]:
    """Loads the variant anew at each call; the suite closes what it got."""
    place = bench_session.settings.place

    def load() -> Model:
        return variant.open(folder, place)

    yield load
    known = {*bench_session.proofs, *bench_session.disproved}
    if in_child() is None or variant.name in known:
        return
    live = load()  # no cell of this child has held a model, so none has been proven
    try:
        prove(bench_session, variant, live)
    except ProofFailed as error:
        bench_session.disproved[variant.name] = str(error)
    finally:
        live.close()


@pytest.fixture(scope="session")
def model(
    bench_session: BenchSession, variant: Variant, loading: Callable[[], Model]
) -> Iterator[Model]:
    """The variant under test, in memory and proven. Only one is ever alive."""
    live = loading()
    try:
        if in_child() is None:
            prove(bench_session, variant, live)
        yield live
        if in_child() is not None:  # a profiler's memory must not stand in a memory cell
            prove(bench_session, variant, live)
    except ProofFailed as error:
        bench_session.disproved[variant.name] = str(error)
        if in_child() is None:
            raise
    finally:
        live.close()
        del live
        gc.collect()


@pytest.fixture(scope="session")
def reference(
    bench_session: BenchSession, variant: Variant, model: Model, bench_variant: str
) -> Iterator[Model]:
    """The teacher, alive and proven beside the variant until the variant's last cell.

    Beside the teacher itself it is the same object: what is compared then must come out equal.
    """
    if bench_variant == TEACHER:
        yield model
        return
    teacher = bench_session.catalog.get(TEACHER)
    live = teacher.open(bench_session.folder(teacher), bench_session.settings.place)
    try:
        if TEACHER not in bench_session.proofs:
            prove(bench_session, teacher, live)
        yield live
    finally:
        live.close()
        del live
        gc.collect()


def prove(bench_session: BenchSession, variant: Variant, live: Model) -> None:
    """Let a model show that it is what its name says, where it was asked to be.

    Raises ProofFailed; also where the proof itself breaks, for then nothing is proven.
    """
    try:
        proof = live.proof()
    except ProofFailed as error:
        raise ProofFailed(f"{variant.name}: {error}") from None
    except Exception as error:
        raise ProofFailed(f"{variant.name} could not be proven: {line_of(error)}") from error
    place = bench_session.settings.place
    if place.deterministic and proof.get("deterministic") is not True:
        raise ProofFailed(f"{variant.name}: asked for deterministic, which its runtime is not")
    for what, asked in (("threads", place.threads), ("device", place.device)):
        found = proof.get(what, asked)
        if str(found).partition(":")[0] != str(asked).partition(":")[0]:
            raise ProofFailed(f"{variant.name}: asked for {asked} as {what}, found {found}")
    bench_session.proofs[variant.name] = proof


@pytest.fixture(scope="session")
def fresh(
    bench_session: BenchSession, variant: Variant, folder: Path, loading: Callable[[], Model]
) -> Fresh:
    """Starts fresh processes that load the variant; it is proven here at the end, by `loading`."""
    return Fresh(
        packages=bench_session.settings.packages,
        options=bench_session.settings.set,
        variant=variant.name,
        folder=folder,
        place=bench_session.settings.place,
        positions=bench_session.source.positions,
    )


@pytest.fixture(scope="session")
def memory_budget(bench_session: BenchSession) -> int:
    """Bytes that `--memory` says; skips where they cannot be had now."""
    settings = bench_session.settings
    said = settings.memory
    budget = default_budget(settings.device) if said == "auto" else int(said)
    if budget is None:
        pytest.skip("how much memory there is cannot be had here; give --memory")
    free = free_bytes() if settings.device == "cpu" else None
    if free is not None and budget > free:
        pytest.skip(f"--memory is {budget} bytes, and only {free} are free now")
    return budget


@pytest.fixture(scope="session")
def roofline(bench_session: BenchSession) -> Roofline:
    """The machine's own limits, which were measured before the first cell."""
    if in_child() is not None:
        return Roofline(json.loads(os.environ.get(LIMITS, "null")))
    return Roofline(bench_session.limits)


@pytest.fixture
def prompt(bench_session: BenchSession, workload: Workload) -> Tokens:
    """The workload's prompt, cut from the training text: the same for every variant."""
    tokens = texts.training(bench_session.teacher_folder)
    return workload.prompt(tokens, bench_session.settings.seed)


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Puts values into the cell's record, for a suite without a clock."""
    return Note(request.node.stash[CELL])


@pytest.fixture
def measure(request: pytest.FixtureRequest, benchmark: Any, bench_session: BenchSession) -> Measure:
    """Times a step, and puts values into the cell's record."""
    cell = request.node.stash[CELL]
    title(benchmark, cell)
    if line := turns.line():
        return turns.TurnMeasure(cell, benchmark, bench_session.settings.device, line)
    once = not benchmark.enabled
    settings = bench_session.settings
    plan = Plan(rounds=1, warmups=0) if once else settings.plan
    plan = replace(plan, told=telling(request.config, plan))
    vigil = Vigil.over(settings.device, settings.busy_share)
    return Measure(cell, benchmark, plan, vigil, profiler_for(request))


@pytest.fixture
def duel(request: pytest.FixtureRequest, bench_session: BenchSession) -> Duel:
    """Times the teacher and the variant in turns."""
    settings = bench_session.settings
    once = request.config.getoption("benchmark_disable", False)
    plan = Plan(rounds=1, warmups=0) if once else settings.plan
    plan = replace(plan, told=telling(request.config, plan))
    vigil = Vigil.over(settings.device, settings.busy_share)
    return Duel(request.node.stash[CELL], plan, vigil, profiler_for(request))
