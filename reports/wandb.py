"""The report `wandb`: a run for Weights & Biases, on the disk unless WANDB_MODE says more."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from bench.errors import Misuse
from bench.record import Run
from reports import outbox
from reports.delivery import variables
from reports.report import Report

LONGEST_TAG = 64
SILENT = {
    "silent": True,
    "console": "off",
    "disable_git": True,
    "disable_code": True,
    "disable_job_creation": True,
    "x_disable_meta": True,
    "x_disable_stats": True,
    "x_disable_machine_info": True,
    "x_save_requirements": False,
}
"""The run says itself what it was measured on; nothing else of this machine is collected."""


def _aim(target: str) -> str:
    target = target or "weighbridge"
    *entity, project = target.split("/")
    if len(entity) > 1 or not all(
        re.fullmatch(r"[\w. -]{1,128}", part) for part in [*entity, project]
    ):
        raise Misuse(f"wandb={target} is no PROJECT or ENTITY/PROJECT")
    return target


def _send(run: Run, target: str) -> str:
    *entity, project = target.split("/")
    with variables(**_places()):
        import wandb

        live = wandb.init(
            project=project,
            entity=entity[0] if entity else None,
            name=outbox.title(run),
            job_type="weighbridge",
            config={**outbox.settings(run), "origin": outbox.origin(run)},
            tags=_tags(run),
            notes=outbox.in_doubt(run),
            settings=wandb.Settings(**SILENT),
        )
        try:
            live.log({**_figures(run), **_tables(wandb, run)})
            _page(wandb, live, run)
        finally:
            live.finish()
            wandb.teardown()
    offline = live.settings.mode == "offline"
    return f"{live.settings.sync_dir}; wandb sync uploads it" if offline else str(live.url)


def _places() -> dict[str, str]:
    """All that it keeps lies in one folder until it is synced: `wandb` in the working directory."""
    folder = Path(os.environ.get("WANDB_DIR") or Path.cwd()) / "wandb"
    return {
        "WANDB_MODE": "offline",
        "WANDB_DATA_DIR": str(folder / "data"),
        "WANDB_CACHE_DIR": str(folder / "cache"),
        "WANDB_CONFIG_DIR": str(folder / "config"),
        "WANDB_ERROR_REPORTING": "false",
    }


def _tags(run: Run) -> list[str]:
    """Machine and commit, by which runs are found."""
    origin = outbox.origin(run)
    found = (origin.get(key) for key in ("gpu", "cpu", "commit", "os"))
    return [said[:LONGEST_TAG] for said in found if said]


def _figures(run: Run) -> dict[str, float]:
    found: dict[str, float] = {}
    names = outbox.variants(run)
    for one in outbox.figures(run):
        key = f"{names[one.variant]}/{one.path}".replace(".", "_")  # a dot would nest it
        ends = {"": one.value, "/low": one.low, "/high": one.high}
        found |= {key + end: number for end, number in ends.items() if number is not None}
    return found


def _tables(wandb: Any, run: Run) -> dict[str, Any]:
    columns = list(outbox.COLUMNS)
    return {
        f"variants/{short}".replace(".", "_"): wandb.Table(
            columns=columns, data=outbox.table(run, name), allow_mixed_types=True
        )
        for name, short in outbox.variants(run).items()
    }


def _page(wandb: Any, live: Any, run: Run) -> None:
    with tempfile.TemporaryDirectory(prefix="weighbridge-") as folder:
        path = Path(folder, outbox.PAGE)
        path.write_text(outbox.page(run), encoding="utf-8")
        artifact = wandb.Artifact("report", type="report")
        artifact.add_file(str(path))  # copied at once
        live.log_artifact(artifact)


wandb = Report(
    name="wandb",
    summary="to Weights & Biases, offline: settings, figures, a table a variant, the page",
    send=_send,
    needs=("wandb",),
    target="PROJECT",
    aim=_aim,
)
