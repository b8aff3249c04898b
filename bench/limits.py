"""Measures the machine's own limits once a session, in a child: python -m bench.limits SPEC"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from importlib import import_module
from typing import Any

from bench.process import Ends, end_with_parent, environment, start, stop
from bench.variant import Place

LIMITS = "WEIGHBRIDGE_LIMITS"
"""Carries what the session measured to its children, as JSON."""
Limits = Mapping[str, Any]


class NoLimits(RuntimeError):
    """They could not be measured; the message is one line."""


def measure_limits(module: str | None, place: Place) -> Limits | None:
    """What the `limits(place)` of that module found; None where there is none.

    In a process of its own, so that neither its buffers nor its imports stand in a baseline.
    Raises NoLimits.
    """
    if module is None:
        return None
    spec = json.dumps([module, asdict(place)])
    child = start("bench.limits", [spec], environment(place.threads), Ends(output=subprocess.PIPE))
    try:
        said, _ = child.communicate()
    finally:
        stop(child)
    last = next(iter(said.strip().splitlines()[-1:]), "")
    if child.returncode:
        raise NoLimits(last or f"its process ended with {child.returncode}")
    found: Limits | None = json.loads(last)
    return found


def main(spec: str) -> int:
    """In the child: the last line of its output is the answer."""
    end_with_parent()
    module, place = json.loads(spec)
    try:
        print(json.dumps(import_module(module).limits(Place(**place)), allow_nan=False))
    except Exception as error:  # a limit that cannot be measured fails no cell
        print(f"{type(error).__name__}: {' '.join(str(error).split())}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
