"""Makes one folder in a process of its own: python -m bench.make SPEC"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.catalog import Catalog
from bench.determinism import only_deterministic
from bench.errors import BenchError, MakeFailed, MakeKilled
from bench.live import TICK, Making
from bench.process import Ends, end_with_parent, environment, start, stop
from bench.progress import EVERY, MARK, OFTEN, TOLD, Step
from bench.screen import Screen
from bench.soundness import check_sound
from bench.variant import Place, Variant


@dataclass(frozen=True)
class ChildMaker:
    """Runs a variant's `make` in a child: what making leaves in memory must not be measured."""

    packages: tuple[str, ...]
    options: tuple[str, ...]
    """Of recipes, as the user set them."""
    place: Place
    say: Callable[[str], None]
    screen: Callable[[], Screen | None] = lambda: None
    """Where how far it has come is shown; plain lines without."""

    def __call__(self, variant: Variant, base: Path, draft: Path) -> None:
        """Fill `draft`. Raises MakeFailed with the child's own last word."""
        self.say(f"making {variant.name}: {variant.summary}")
        who = {"packages": self.packages, "options": self.options, "variant": variant.name}
        spec = {**who, "base": str(base), "draft": str(draft), "place": asdict(self.place)}
        code, said = self._run(variant.name, json.dumps(spec))
        if code:
            kind = MakeKilled if code < 0 else MakeFailed
            raise kind(f"{variant.name} could not be made: {_why(said, code)}")

    def _run(self, name: str, spec: str) -> tuple[int, str]:
        """How the child ended, and its last word; what it complains of is shown, never lost."""
        screen = self.screen()
        told = {TOLD: str(OFTEN if screen else EVERY)}
        with tempfile.TemporaryFile("w+", errors="replace") as log:
            env, errors = environment(self.place.threads, told), log if screen else None
            child = start("bench.make", [spec], env, Ends(output=subprocess.PIPE, errors=errors))
            try:
                said = listen(child, Making(name, screen, self.say))
            finally:
                stop(child)
                if screen:
                    screen.clear()
            log.seek(0)
            if complaints := log.read().strip():
                self.say(complaints)
        return child.returncode, said


def listen(child: subprocess.Popen[str], making: Making) -> str:
    """Show a child's steps until it closes its output; the last line of it that is none."""
    assert child.stdout is not None
    last, rest = "", b""
    making()
    for some in _pieces(child.stdout.fileno(), making):
        *lines, rest = (rest + some).split(b"\n")
        for line in (raw.decode(errors="replace") for raw in lines):
            if step := Step.heard(line):
                making(step)
            last = line.partition(MARK)[0].strip() or last
    child.wait()
    return rest.decode(errors="replace").strip() or last


def _pieces(pipe: int, idle: Callable[[], None]) -> Iterator[bytes]:
    while True:
        while not select.select([pipe], [], [], TICK)[0]:
            idle()
        some = os.read(pipe, 65536)
        if not some:
            return
        yield some


def main(spec: str) -> int:
    """In the child. Its output is free for libraries; only the last line is read."""
    end_with_parent()
    task = json.loads(spec)
    variant = Catalog.of(tuple(task["packages"]), task["options"]).get(task["variant"])
    draft, place = Path(task["draft"]), Place(**task["place"])
    try:
        if place.deterministic:
            only_deterministic()
        variant.build(Path(task["base"]), draft)
        check_sound(variant, draft, place)
    except BenchError as error:
        print(" ".join(str(error).split()))
        return 1
    except Exception as error:  # whatever a recipe raises is said in one line
        print(f"{type(error).__name__}: {' '.join(str(error).split())}")
        return 1
    return 0


def _why(said: str, code: int) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed (out of memory?)"
    if code < 0:
        return f"its process died of {signal.Signals(-code).name}"
    lines = said.strip().splitlines()
    return lines[-1] if lines else f"its process ended with {code}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
