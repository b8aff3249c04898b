"""Makes one folder in this process, and counts: ROOT SOURCE COUNT HOW"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from bench.artifacts import Artifacts
from bench.catalog import Catalog
from bench.source import Source
from bench.variant import Variant


def main(root: str, source: str, count: str, how: str) -> None:
    """`how`: whole, or killed in the middle."""

    def maker(variant: Variant, base: Path, draft: Path) -> None:
        with open(count, "a") as stream:
            stream.write(f"{variant.name}\n")
        (draft / "half-done").write_text("half")
        if how == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        (draft / "half-done").unlink()
        (draft / "whole").write_text("whole")

    catalog = Catalog.of(("tests.fakes",))
    artifacts = Artifacts(Path(root), catalog, Source("x", Path(source), 9), maker)
    print(artifacts.folder(catalog.get("teacher")))


if __name__ == "__main__":
    main(*sys.argv[1:])
