"""A real browser for tests: Debian's Chromium through Playwright, offline, with what it said."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = (1200, 900), (390, 844)


@dataclass
class Seen:
    """What a page did that it must not."""

    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        """Whether it kept still."""
        return not (self.messages or self.requests or self.dialogs)


def executable() -> str | None:
    """Where Chromium is, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browser() -> Iterator[Any]:
    """A running Chromium; the test skips where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright (the extra dev)")
    path = executable()
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with api.sync_playwright() as player:
        running = player.chromium.launch(executable_path=path)
        yield running
        running.close()


@contextmanager
def opened(running: Any, path: Path, size: tuple[int, int] = WIDE, **how: Any) -> Iterator[Any]:
    """A page from disk, with `page.seen`: everything that it said, asked for or popped up."""
    view = {"width": size[0], "height": size[1]}
    context = running.new_context(offline=True, viewport=view, **how)
    page, seen = context.new_page(), Seen()
    page.seen = seen
    page.on("console", lambda message: seen.messages.append(message.text))
    page.on("pageerror", lambda error: seen.messages.append(str(error)))
    page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    url = path.as_uri()
    page.on("request", lambda asked: asked.url != url and seen.requests.append(asked.url))
    page.goto(url)
    yield page
    context.close()
