"""The report `tensorboard`: event files for TensorBoard, of each variant its own."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.files import check_folder
from bench.record import Run
from reports import outbox
from reports.report import Report


def _aim(target: str) -> str:
    path = Path(target or "runs").expanduser().absolute()
    check_folder(path)
    return str(path)


def _send(run: Run, target: str) -> str:
    folder = _free(Path(target), f"{outbox.began(run):%Y%m%d-%H%M%S}")
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        _write(draft, run, _about(run))
        (draft / outbox.PAGE).write_text(outbox.page(run), encoding="utf-8")
        for name, short in outbox.variants(run).items():
            _write(draft / short, run, _variant(run, name, short))
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return str(folder)


def _free(parent: Path, name: str) -> Path:
    """A folder that is not there yet: a run may be sent twice."""
    found, again = parent / name, 2
    while found.exists():
        found, again = parent / f"{name}-{again}", again + 1
    return found


def _about(run: Run) -> list[Any]:
    """Of the whole run: settings, machine and commit, and what is in doubt."""
    from tensorboard.plugins.text.summary_v2 import text_pb

    found = {"settings": _list(outbox.settings(run)), "origin": _list(outbox.origin(run))}
    found["in_doubt"] = _cell(outbox.in_doubt(run)) or "none"
    return [text_pb(tag, text) for tag, text in found.items()]


def _variant(run: Run, name: str, short: str) -> list[Any]:
    """Of one variant: its figures with both ends of their intervals, and its table."""
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb
    from tensorboard.plugins.text.summary_v2 import text_pb

    base = outbox.plain(run.variants.get(name, {}).get("base") or "none")
    found = [hparams_pb({"variant": short, "base": base}), text_pb("figures", _rows(run, name))]
    for one in (one for one in outbox.figures(run) if one.variant == name):
        ends = {"": one.value, "/low": one.low, "/high": one.high}
        found += [scalar_pb(one.path + end, n) for end, n in ends.items() if n is not None]
    return found


def _write(folder: Path, run: Run, summaries: list[Any]) -> None:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder))
    try:
        for summary in summaries:
            at = outbox.began(run).timestamp()
            writer.add_event(Event(wall_time=at, step=0, summary=summary))
    finally:
        writer.close()


def _rows(run: Run, name: str) -> str:
    """The variant's table in Markdown, which TensorBoard shows."""
    lines = [outbox.COLUMNS, ["---"] * len(outbox.COLUMNS), *outbox.table(run, name)]
    return "\n".join("| " + " | ".join(_cell(item) for item in line) + " |" for line in lines)


def _list(items: Mapping[str, str]) -> str:
    lines = ["| | |", "| --- | --- |", *(f"| {k} | {_cell(v)} |" for k, v in items.items())]
    return "\n".join(lines)


def _cell(item: object) -> str:
    """Text for a Markdown table; TensorBoard takes out what is dangerous, this what breaks it."""
    said = "" if item is None else str(item)
    for sign, instead in (("&", "&amp;"), ("<", "&lt;"), ("|", "&#124;"), ("`", "&#96;")):
        said = said.replace(sign, instead)
    return said


tensorboard = Report(
    name="tensorboard",
    summary="to TensorBoard: event files below a folder, the page beside them",
    send=_send,
    needs=("tensorboard",),
    target="DIR",
    aim=_aim,
)
