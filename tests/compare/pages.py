"""What the page costs: its size, its making and its drawing: python -m tests.compare.pages"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench.reading import read
from reports.html import html
from tests.reports import large
from tests.reports.chromium import WIDE, executable

CELLS = (48, 500, 5000)
LIMITS = {"bytes": {500: 3e6}, "command": {500: 2.0, 5000: 15.0}, "drawn": {500: 0.5}}
"""Bytes and seconds that a page of so many cells may take."""
OPENED = 5
"""How often a page is opened; the median counts."""
DRAWN = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
    () => done(performance.now()))))"""
"""Milliseconds from the start of the navigation to the second frame after it was loaded."""


def main() -> int:
    """Print a table; 1 where a limit does not hold."""
    failed = False
    print("| cells | page, MB | `weighbridge report html`, s | of it reading | rendering "
          "| drawn, s |\n|--:|--:|--:|--:|--:|--:|")  # fmt: skip
    for cells in CELLS:
        with tempfile.TemporaryDirectory() as folder:
            seen = cost(Path(folder), cells)
        drawn = "no Chromium" if seen["drawn"] is None else f"{seen['drawn']:.3f}"
        print(
            f"| {cells} | {seen['bytes'] / 1e6:.2f} | {seen['command']:.2f} "
            f"| {seen['reading']:.2f} | {seen['rendering']:.2f} | {drawn} |"
        )
        for what, limits in LIMITS.items():
            taken, limit = seen[what], limits.get(cells)
            failed |= taken is not None and limit is not None and taken > limit
    print(f"Wanted: {json.dumps(LIMITS)}; the cost grows linearly.")
    return int(failed)


def cost(folder: Path, cells: int) -> dict[str, Any]:
    """Bytes, and seconds of the whole command, of its parts once imported, and of drawing."""
    run, page = folder / "run.json", folder / "report.html"
    run.write_text(json.dumps(large.run_file(cells)))
    start = perf_counter()
    words = [sys.executable, "-m", "reports", "report", "html", str(run), "-o", str(page)]
    subprocess.run(words, check=True)
    command = perf_counter() - start
    start = perf_counter()
    found = read(run)
    reading = perf_counter() - start
    html.render([found])  # imports what it needs
    start = perf_counter()
    html.render([found])
    rendering = perf_counter() - start
    return {
        "bytes": page.stat().st_size,
        "command": command,
        "reading": reading,
        "rendering": rendering,
        "drawn": drawn(page),
    }


def drawn(page: Path) -> float | None:
    """The median seconds until it stands on the screen; None without a browser."""
    path = executable()
    if path is None:
        return None
    from playwright.sync_api import sync_playwright

    seconds = []
    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=path)
        for _ in range(OPENED):
            view = {"width": WIDE[0], "height": WIDE[1]}
            context = running.new_context(offline=True, viewport=view)
            opened = context.new_page()
            opened.goto(page.as_uri())
            seconds.append(opened.evaluate(DRAWN) / 1000)
            context.close()
        running.close()
    return median(seconds)


if __name__ == "__main__":
    sys.exit(main())
