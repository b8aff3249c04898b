"""Makes one folder in a process of its own: python -m bench.make SPEC"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.catalog import Catalog
from bench.errors import BenchError, MakeFailed
from bench.process import end_with_parent, environment, start, stop
from bench.variant import Variant


@dataclass(frozen=True)
class ChildMaker:
    """Runs a variant's `make` in a child: what making leaves in memory must not be measured."""

    packages: tuple[str, ...]
    threads: int
    say: Callable[[str], None]

    def __call__(self, variant: Variant, base: Path, draft: Path) -> None:
        """Fill `draft`. Raises MakeFailed with the child's own last word."""
        self.say(f"making {variant.name}: {variant.summary}")
        spec = [list(self.packages), variant.name, str(base), str(draft)]
        child = start("bench.make", [json.dumps(spec)], environment(self.threads), subprocess.PIPE)
        try:
            said, _ = child.communicate()
        finally:
            stop(child)
        if child.returncode:
            raise MakeFailed(f"{variant.name} could not be made: {_why(said, child.returncode)}")


def main(spec: str) -> int:
    """In the child. Its output is free for libraries; only the last line is read."""
    end_with_parent()
    packages, name, base, draft = json.loads(spec)
    variant = Catalog.of(tuple(packages)).get(name)
    assert variant.make is not None, f"{name} has nothing to make"
    try:
        variant.make(Path(base), Path(draft))
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
