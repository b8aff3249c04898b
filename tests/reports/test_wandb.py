"""What stands in the file that `wandb sync` would upload, read by wandb's own messages."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("wandb.proto.wandb_internal_pb2", reason="needs the extra wandb")

from wandb.proto import wandb_internal_pb2

from reports import outbox
from tests.fakes._project import ROOT
from tests.reports import sample

BLOCK = 32768
"""The file is a log of records as LevelDB writes it: blocks of chunks with a checksum each."""
HEADER = 7
WHOLE, FIRST, LAST = 1, 2, 4


def messages(path: Path) -> Iterator[Any]:
    """Every message in a .wandb file."""
    raw, at, part = path.read_bytes(), HEADER, b""
    while at + HEADER <= len(raw):
        left = BLOCK - at % BLOCK
        if left < HEADER:
            at += left
            continue
        _, size, kind = struct.unpack("<IHB", raw[at : at + HEADER])
        chunk = raw[at + HEADER : at + HEADER + size]
        at += HEADER + size
        part = chunk if kind in (WHOLE, FIRST) else part + chunk
        if kind in (WHOLE, LAST):
            yield wandb_internal_pb2.Record.FromString(part)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the command was run: in a process of its own, with a home of its own."""
    place = tmp_path_factory.mktemp("wandb")
    data = sample.full()
    data["weighbridge"]["machine"]["commit"] = "c0ffee"
    run = sample.write(place / "run.json", data)
    (place / "home").mkdir()
    (place / "here").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "reports", "report", "wandb", str(run), "-o", "me/models"],
        cwd=place / "here",
        env={"HOME": str(place / "home"), "PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("wandb sync uploads it\n")
    assert len(done.stdout.splitlines()) == 1
    return place


@pytest.fixture(scope="module")
def told(folder: Path) -> list[Any]:
    (path,) = (folder / "here").glob("wandb/offline-run-*/run-*.wandb")
    return list(messages(path))


@pytest.fixture(scope="module")
def history(told: list[Any]) -> dict[str, Any]:
    """What was logged, by its whole key."""
    (row,) = (record.history for record in told if record.WhichOneof("record_type") == "history")
    return {".".join(item.nested_key) or item.key: json.loads(item.value_json) for item in row.item}


def test_settings_machine_and_commit(told: list[Any]) -> None:
    run = next(record.run for record in told if record.WhichOneof("record_type") == "run")
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    assert (run.project, run.entity, run.display_name) == (
        "models", "me", "gpt2 2026-03-02 10:00:00",
    )  # fmt: skip
    assert config["teacher"] == "gpt2"
    assert config["origin"]["cpu"] == "Invented CPU 9000"
    assert {"Invented CPU 9000", "c0ffee"} <= set(run.tags)
    assert "decode[half-b1-p32-n16]: failed" in run.notes


def test_every_figure_with_its_interval(history: dict[str, Any]) -> None:
    rate = "int4/decode/b1-p32-n16/decode_rate"
    assert [history[rate + end] for end in ("", "/low", "/high")] == [206.0, 205.0, 207.0]
    assert "int4/load/disk_bytes/low" not in history
    sent = [one for one in outbox.figures(sample.run()) if one.variant == "int8"]
    assert {one.path: history[f"int8/{one.path}"] for one in sent} == {
        one.path: one.value for one in sent
    }


def test_a_table_for_each_variant(history: dict[str, Any], folder: Path) -> None:
    where = history["variants/int4.path"]
    (path,) = (folder / "here").glob(f"wandb/offline-run-*/files/{where}")
    table = json.loads(path.read_text())
    assert table["columns"] == list(outbox.COLUMNS)
    assert table["data"] == outbox.table(sample.run(), "int4")


def test_the_page_is_an_artifact(told: list[Any]) -> None:
    (page,) = (
        record.artifact
        for record in told
        if record.WhichOneof("record_type") == "artifact" and record.artifact.type == "report"
    )
    (entry,) = page.manifest.contents
    assert entry.path == "report.html"
    assert Path(entry.local_path).read_text().startswith("<!doctype html>")


def test_nothing_is_left_elsewhere(folder: Path) -> None:
    assert list((folder / "home").iterdir()) == []
    assert [path.name for path in (folder / "here").iterdir()] == ["wandb"]
    for name in ("wandb-metadata.json", "requirements.txt", "output.log", "diff.patch"):
        assert list((folder / "here").rglob(name)) == []
