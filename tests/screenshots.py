"""The README's pictures of a page, made anew: python -m tests.screenshots RUN.json [FOLDER]"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.reading import read
from reports.html import html
from tests.reports.chromium import PHONE, browser, opened

DOCS = Path(__file__).parent.parent / "docs"
WIDE = (1240, 1500)
SHOTS: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "report-light.png": (WIDE, {"color_scheme": "light"}),
    "report-dark.png": (WIDE, {"color_scheme": "dark"}),
    "report-phone.png": (PHONE, {"color_scheme": "light", "device_scale_factor": 2}),
}
"""Each: the window, and how it is opened."""
PHONE_HEIGHT = 1400


def main(words: list[str]) -> int:
    """Open the run's page three times; 2 for a mistake in the call."""
    if len(words) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(words[1]) if len(words) == 2 else DOCS
    with tempfile.TemporaryDirectory() as room, browser() as chromium:
        page_file = Path(room, "report.html")
        page_file.write_text(html.render([read(Path(words[0]))]), encoding="utf-8")
        for name, (size, how) in SHOTS.items():
            wanted = (size[0], PHONE_HEIGHT) if size == PHONE else size
            with opened(chromium, page_file, wanted, **how) as page:
                page.screenshot(path=folder / name)
                print(f"{folder / name}: {(folder / name).stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
