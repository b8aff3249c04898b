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
from bench.process import Ends, end_with_parent, environment, start, stop
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


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """What became of a child: its exit code, what it complained of, and its answer, if any."""

    code: int
    said: str
    answer: dict[str, Any] | None

    @property
    def why(self) -> str:
        """One line."""
        if self.answer is not None:
            return str(self.answer["error"])
        if self.code < 0:
            return f"its process died of {signal.Signals(-self.code).name}"
        return " ".join([f"its process ended with {self.code}", *self.said.split()])[:500]


@dataclass(frozen=True)
class Fresh:
    """Starts a process a question, for one variant."""

    packages: tuple[str, ...]
    options: tuple[str, ...]
    variant: str
    folder: Path
    place: Place
    positions: int
    """The longest sequence that the model can take."""

    def cold(self, prompt: Tokens) -> Cold:
        """One cold start up to the first token of `prompt`. Raises FreshFailed."""
        began = perf_counter()  # system-wide: the child reads the same clock
        ended = self._run({"task": "cold", "prompt": prompt})
        found = ended.answer
        if found is None or "error" in found:
            raise FreshFailed(f"{self.variant}: {ended.why}")
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
        from bench.outcome import of_memory  # it imports pytest, which no fresh process should

        shape = {"batch": batch, "prompt": prompt, "new": new, "budget": budget}
        ended = self._run({"task": "fit", **shape})
        found = ended.answer
        if found is None and (ended.code < 0 or of_memory(ended.said)):
            return Tried(fits=False, peak=None, why=ended.why)
        if found is None or "error" in found:
            raise FreshFailed(f"{self.variant}: {ended.why}")
        return Tried(**found)

    def _run(self, task: dict[str, Any]) -> _Ended:
        who = {"packages": self.packages, "options": self.options, "variant": self.variant}
        who["folder"] = str(self.folder)
        with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
            spec, answer = Path(folder, "spec"), Path(folder, "answer")
            spec.write_text(json.dumps({**who, "place": asdict(self.place), **task}))
            env = environment(self.place.threads)
            errors = Path(folder, "errors")
            with errors.open("w") as log:
                words = [str(spec), str(answer)]
                child = start(
                    "bench.fresh", words, env, Ends(output=subprocess.DEVNULL, errors=log)
                )
                try:
                    code = child.wait()
                finally:
                    stop(child)
            found = json.loads(answer.read_text()) if answer.exists() else None
            return _Ended(code=code, said=errors.read_text(errors="replace"), answer=found)


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

    variant = Catalog.of(tuple(task["packages"]), task["options"]).get(task["variant"])
    folder, place = Path(task["folder"]), Place(**task["place"])
    if variant.runtime:
        import_module(variant.runtime).prepare(folder, place)
    return variant, folder, place


def _cold(task: dict[str, Any]) -> dict[str, Any]:
    variant, folder, place = _prepared(task)
    imported = perf_counter()
    model = variant.open(folder, place)
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
    held: Confined = confine(place.device, task["budget"])
    if held.full:
        return asdict(Tried(fits=False, peak=held.peak(None), why=held.full))
    # Which tokens they are moves no byte; every vocabulary has these.
    prompt = [[at % 16 for at in range(task["prompt"])] for _ in range(task["batch"])]
    model = None
    try:
        model = variant.open(folder, place)
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


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
