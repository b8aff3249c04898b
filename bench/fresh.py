"""Loads a variant in a process that has done nothing before: python -m bench.fresh SPECFILE"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.confine import Confined, confine
from bench.errors import BenchError
from bench.model import Tokens
from bench.process import end_with_parent, environment, start, stop
from bench.variant import Place, Variant

WARM_CALLS = 5


class FreshFailed(BenchError):
    """A fresh process could not do what it was started for."""


@dataclass(frozen=True, kw_only=True)
class Cold:
    """Seconds of one cold start, each part after the one before."""

    imports: float
    """From the start of the process to everything imported; Weighbridge's own part is small."""
    load: float
    first_call: float
    warm_calls: tuple[float, ...]

    @property
    def start(self) -> float:
        """From the start of the process to the first token."""
        return self.imports + self.load + self.first_call


@dataclass(frozen=True, kw_only=True)
class Tried:
    """Whether a step fitted into a budget."""

    fits: bool
    peak: int | None
    """Most bytes held: of the process on the host, of the framework's allocator on a device."""
    why: str | None = None
    """Why it did not fit."""


@dataclass(frozen=True)
class Fresh:
    """Starts a process a question, for one variant."""

    packages: tuple[str, ...]
    variant: str
    folder: Path
    place: Place
    positions: int
    """The longest sequence that the model can take."""

    def cold(self, prompt: Tokens) -> Cold:
        """One cold start up to the first token of `prompt`. Raises FreshFailed."""
        began = perf_counter()  # system-wide: the child reads the same clock
        code, found = self._run({"task": "cold", "prompt": prompt})
        if found is None or "error" in found:
            raise FreshFailed(f"{self.variant}: {_why(code, found)}")
        imported, loaded, first = found["stamps"]
        return Cold(
            imports=imported - began,
            load=loaded - imported,
            first_call=first - loaded,
            warm_calls=tuple(found["warm_calls"]),
        )

    def tried(self, batch: int, prompt: int, new: int, budget: int) -> Tried:
        """Whether `batch` prompts and `new` tokens each fit into `budget` bytes.

        Out of memory, and a process that dies of it, are answers. Raises FreshFailed for all
        else.
        """
        shape = {"batch": batch, "prompt": prompt, "new": new, "budget": budget}
        code, found = self._run({"task": "fit", **shape})
        if found is None and code < 0:
            return Tried(fits=False, peak=None, why=_why(code, found))
        if found is None or "error" in found:
            raise FreshFailed(f"{self.variant}: {_why(code, found)}")
        return Tried(**found)

    def _run(self, task: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        """The child's exit code, and its answer if it gave one."""
        who = {"packages": self.packages, "variant": self.variant, "folder": str(self.folder)}
        with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
            spec, answer = Path(folder, "spec"), Path(folder, "answer")
            spec.write_text(json.dumps({**who, "place": asdict(self.place), **task}))
            env = environment(self.place.threads)
            child = start("bench.fresh", [str(spec), str(answer)], env, subprocess.DEVNULL)
            try:
                code = child.wait()
            finally:
                stop(child)
            return code, json.loads(answer.read_text()) if answer.exists() else None


def main(spec: Path, answer: Path) -> int:
    """In the child."""
    end_with_parent()
    task = json.loads(spec.read_text())
    do = {"cold": _cold, "fit": _fit}[task["task"]]
    try:
        found = do(task)
    except Exception as error:  # said in one line by the session
        found = {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}
    draft = answer.with_suffix(".draft")
    draft.write_text(json.dumps(found))
    draft.rename(answer)
    return 0


def _prepared(task: dict[str, Any]) -> tuple[Variant, Path, Place]:
    from bench.catalog import Catalog

    variant = Catalog.of(tuple(task["packages"])).get(task["variant"])
    folder, place = Path(task["folder"]), Place(**task["place"])
    if variant.runtime:
        import_module(variant.runtime).prepare(folder, place)
    return variant, folder, place


def _cold(task: dict[str, Any]) -> dict[str, Any]:
    variant, folder, place = _prepared(task)
    imported = perf_counter()
    model = variant.load(folder, place)
    loaded = perf_counter()
    model.first_token(task["prompt"])
    first = perf_counter()
    warm = []
    for _ in range(WARM_CALLS):
        start = perf_counter()
        model.first_token(task["prompt"])
        warm.append(perf_counter() - start)
    return {"stamps": [imported, loaded, first], "warm_calls": warm}


def _fit(task: dict[str, Any]) -> dict[str, Any]:
    from bench.outcome import line_of, status_of

    variant, folder, place = _prepared(task)
    import_module("numpy")  # every model hands its scores over in it, and its BLAS ends a process
    # that cannot have its buffers: they are had before the budget holds, as all imports are
    held: Confined = confine(place.device, task["budget"])
    if held.full:
        return asdict(Tried(fits=False, peak=held.peak(None), why=held.full))
    # Which tokens they are moves no byte; every vocabulary has these.
    prompt = [[at % 16 for at in range(task["prompt"])] for _ in range(task["batch"])]
    model = None
    try:
        model = variant.load(folder, place)
        model.generate(prompt, task["new"])
    except Exception as error:
        if status_of(error) != "out_of_memory":
            raise
        return asdict(Tried(fits=False, peak=held.peak(model), why=line_of(error)))
    peak = held.peak(model)
    if peak is None:
        raise FreshFailed("how much memory was held cannot be had here")
    why = f"it held {peak} bytes" if peak > held.budget else None
    return asdict(Tried(fits=why is None, peak=peak, why=why))


def _why(code: int, found: dict[str, Any] | None) -> str:
    if found is not None:
        return str(found["error"])
    if code < 0:
        return f"its process died of {signal.Signals(-code).name}"
    return f"its process ended with {code}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
