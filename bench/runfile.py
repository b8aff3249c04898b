"""Takes the JSON over from pytest-benchmark and writes the run, whole or not at all."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.child import in_child
from bench.errors import Misuse
from bench.files import check_target, write_atomically
from bench.record import to_json
from bench.seal import OURS, SEAL, seal
from bench.session import BenchSession

_WANTED = pytest.StashKey[Path]()


def check_path(config: pytest.Config) -> None:
    """Raises Misuse where the run file could not be written at the end."""
    path = config.getoption("benchmark_json", None)
    if path is not None:
        try:
            check_target(Path(path))
        except Misuse as error:
            raise Misuse(f"--benchmark-json: {error}") from None


def take_over(config: pytest.Config) -> None:
    """We write the file: pytest-benchmark's own writing is not atomic, and has holes."""
    plugin = config.pluginmanager.getplugin("pytest-benchmark")
    if plugin is None:
        return
    # absolute: a test may change the working directory
    config.stash[_WANTED] = Path(plugin.json).absolute() if plugin.json else _temporary(config)
    plugin.json = None
    if config.get_verbosity() < 1:
        plugin.quiet = True  # its own table only under -v


def target(config: pytest.Config) -> Path:
    """Where the run goes."""
    return config.stash[_WANTED]


def clock_of(config: pytest.Config, cell: str) -> list[float]:
    """The clock's samples in that cell's row of pytest-benchmark; none where it has no row."""
    plugin = config.pluginmanager.getplugin("pytest-benchmark")
    rows = (row for row in reversed(plugin.benchmarks) if row.fullname == cell)
    return next(([float(second) for second in row.stats.data] for row in rows), [])


def write(config: pytest.Config, bench: BenchSession) -> Path:
    """pytest-benchmark's document with ours beside it; where it went."""
    plugin = config.pluginmanager.getplugin("pytest-benchmark")
    clocked = []
    for row in plugin.benchmarks:
        record = bench.records.get(row.fullname)
        if row.has_error or record is None:
            continue
        final = bench.final(record)
        row.extra_info["bench"] = to_json(final)
        if final.figured:
            clocked.append(row)
    document = _document(config, clocked)
    document[OURS] = bench.document(row.fullname for row in clocked)
    document = json.loads(json.dumps(document, allow_nan=False))  # as a reader will see it
    document[OURS][SEAL] = seal(document)
    path = target(config)
    write_atomically(path, json.dumps(document, indent=1, allow_nan=False) + "\n")
    return path


def _document(config: pytest.Config, rows: list[Any]) -> dict[str, Any]:
    """Through pytest-benchmark's own hooks, so that its readers know the form."""
    hook = config.hook
    machine = hook.pytest_benchmark_generate_machine_info(config=config)
    hook.pytest_benchmark_update_machine_info(config=config, machine_info=machine)
    commit = hook.pytest_benchmark_generate_commit_info(config=config)
    hook.pytest_benchmark_update_commit_info(config=config, commit_info=commit)
    document: dict[str, Any] = hook.pytest_benchmark_generate_json(
        config=config,
        benchmarks=rows,
        include_data=True,
        machine_info=machine,
        commit_info=commit,
    )
    hook.pytest_benchmark_update_json(config=config, benchmarks=rows, output_json=document)
    machine["cpu"].pop("hz_actual", None)  # differ at every look, so no two machines are the same
    machine["cpu"].pop("hz_actual_friendly", None)
    document.setdefault("datetime", datetime.now(UTC).isoformat())
    return document


def _temporary(config: pytest.Config) -> Path:
    if journal := in_child():  # it writes no run, and may be ended before it cleans up
        return journal.with_name("run.json")
    folder = tempfile.TemporaryDirectory(prefix="weighbridge-")
    config.add_cleanup(folder.cleanup)
    return Path(folder.name, "run.json")
