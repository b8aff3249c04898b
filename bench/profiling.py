"""Profiles of timed cells, where `--profile` asks for them, and the traces beside the run file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.child import in_child
from bench.files import check_folder
from bench.note import Note
from bench.operators import Profiling, table
from bench.outcome import line_of
from bench.session import session_of

FACT = "profile"
"""Among a record's facts; bench/run.schema.json says what it holds."""
TRACES = "WEIGHBRIDGE_TRACES"
"""Tells a child where its parent's traces go."""
WHY = "measured under --profile, which may slow it: its times are compared with nothing"


@dataclass(frozen=True, kw_only=True)
class Profiler:
    """Profiles cells of one session by the model that they measure."""

    model: object
    folder: Path
    """Where traces go: beside the run file, and named after it."""

    def __call__(self, step: Callable[[], object], note: Note, cell: str) -> None:
        """After everything else of the cell: its own figures stay, but are compared no more."""
        note.doubt("profiled", WHY)
        if not isinstance(self.model, Profiling):
            note.warn("not profiled: its runtime offers no profiler")
            return
        trace = self.folder / f"{re.sub(r'[^A-Za-z0-9_+.]+', '-', cell).strip('-')}.json"
        draft = trace.with_name(f".{trace.name}.draft")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            found = list(self.model.profile(step, draft))
            os.replace(draft, trace)
        except Exception as error:  # a profile that failed costs no figure
            note.warn(f"not profiled: {line_of(error)}")
            return
        finally:
            draft.unlink(missing_ok=True)
        where = f"{self.folder.name}/{trace.name}"
        note.fact(FACT, {"profiler": self.model.profiler, "trace": where, **table(found)})


def profiler_for(request: pytest.FixtureRequest) -> Profiler | None:
    """For a timed cell, where `--profile` asks for it and the cell has a model."""
    asked = session_of(request.config).settings.profile
    once = request.config.getoption("benchmark_disable", False)
    if not asked or once or "model" not in request.fixturenames:
        return None
    model = request.getfixturevalue("model")
    return Profiler(model=model, folder=traces(request.config))


def traces(config: pytest.Config) -> Path:
    """The folder of this session's traces: run.traces beside run.json."""
    if in_child():
        return Path(os.environ[TRACES])
    run = Path(config.getoption("benchmark_json", None) or "run.json")
    return (config.invocation_params.dir / run).with_suffix(".traces")


def check(config: pytest.Config) -> None:
    """Raises Misuse where traces are wanted and could not be written."""
    if session_of(config).settings.profile and not in_child():
        check_folder(traces(config))
