"""Makes one folder in a process of its own: python -m bench.make SPEC"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.catalog import Catalog
from bench.errors import BenchError, MakeFailed, MakeKilled
from bench.process import end_with_parent, environment, start, stop
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

    def __call__(self, variant: Variant, base: Path, draft: Path) -> None:
        """Fill `draft`. Raises MakeFailed with the child's own last word."""
        self.say(f"making {variant.name}: {variant.summary}")
        who = {"packages": self.packages, "options": self.options, "variant": variant.name}
        spec = {**who, "base": str(base), "draft": str(draft), "place": asdict(self.place)}
        words, env = [json.dumps(spec)], environment(self.place.threads)
        child = start("bench.make", words, env, subprocess.PIPE)
        try:
            said, _ = child.communicate()
        finally:
            stop(child)
        if child.returncode:
            kind = MakeKilled if child.returncode < 0 else MakeFailed
            raise kind(f"{variant.name} could not be made: {_why(said, child.returncode)}")


def main(spec: str) -> int:
    """In the child. Its output is free for libraries; only the last line is read."""
    end_with_parent()
    task = json.loads(spec)
    variant = Catalog.of(tuple(task["packages"]), task["options"]).get(task["variant"])
    draft = Path(task["draft"])
    try:
        variant.build(Path(task["base"]), draft)
        check_sound(variant, draft, Place(**task["place"]))
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
