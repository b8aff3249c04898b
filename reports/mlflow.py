"""The report `mlflow`: a run in MLflow, and in it one of each variant, to be compared there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.errors import Misuse
from bench.record import Run
from reports import outbox
from reports.delivery import variables
from reports.outbox import Sent
from reports.report import Report

EXPERIMENT = "weighbridge"
SQLITE = "sqlite:///"
MOST = 500
"""Metrics in one call; MLflow takes 1000."""
FEW = 50
"""Parameters in one call; MLflow takes 100."""
PARENT = "mlflow.parentRunId"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
"""Unless the user says otherwise: nobody is told, and a server that is away is soon given up."""


def _aim(target: str) -> str:
    """The tracking URI; a SQLite file's as an absolute path."""
    target = target or os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}mlflow.db"
    if target.startswith("file:") and "MLFLOW_ALLOW_FILE_STORE" not in os.environ:
        raise Misuse(
            f"mlflow={target}: MLflow has given up its file store; use {SQLITE}mlflow.db, or set "
            "MLFLOW_ALLOW_FILE_STORE=true"
        )
    if not target.startswith(SQLITE):
        if "://" in target or target.startswith(("file:", "databricks")):
            return target
        raise Misuse(
            f"mlflow={target} is no tracking URI such as sqlite:///mlflow.db or http://host:5000"
        )
    path = Path(target.removeprefix(SQLITE)).expanduser().absolute()
    if not path.parent.is_dir():
        raise Misuse(f"mlflow={target}: the folder {path.parent} does not exist; make it first")
    return f"{SQLITE}{path}"


def _send(run: Run, target: str) -> str:
    with variables(**QUIET):
        from mlflow.tracking import MlflowClient

        client = MlflowClient(tracking_uri=target)
        experiment = _experiment(client, target)
        whole = _whole(client, experiment, run)
        for name, short in outbox.variants(run).items():
            _variant(client, experiment, whole, (run, name, short))
        client.set_terminated(whole, end_time=_stamp(run))
    return f"{target} experiment {EXPERIMENT} run {whole}"


def _experiment(client: Any, target: str) -> str:
    known = client.get_experiment_by_name(EXPERIMENT)
    if known is not None:
        return str(known.experiment_id)
    beside = Path(target.removeprefix(SQLITE)).parent / "mlruns"  # MLflow would take the cwd's
    where = {"artifact_location": beside.as_uri()} if target.startswith(SQLITE) else {}
    return str(client.create_experiment(EXPERIMENT, **where))


def _whole(client: Any, experiment: str, run: Run) -> str:
    """The parent: settings, machine, commit and the page."""
    from mlflow.entities import Param

    tags = {**outbox.origin(run), "in_doubt": outbox.in_doubt(run)}
    made = client.create_run(experiment, _stamp(run), tags=tags, run_name=outbox.title(run))
    whole = str(made.info.run_id)
    for some in _portions([Param(k, v) for k, v in outbox.settings(run).items()], FEW):
        client.log_batch(whole, params=some)
    client.log_text(whole, outbox.page(run), outbox.PAGE)
    return whole


def _variant(client: Any, experiment: str, whole: str, who: tuple[Run, str, str]) -> None:
    """One variant as a child run: its figures, and its table with what stands beside them."""
    from mlflow.entities import Metric

    run, name, short = who
    at = _stamp(run)
    tags = {PARENT: whole, "variant": short, **outbox.origin(run)}
    child = client.create_run(experiment, at, tags=tags, run_name=short).info.run_id
    mine = [one for one in outbox.figures(run) if one.variant == name]
    found = [Metric(key, number, at, 0) for one in mine for key, number in _numbers(one)]
    for some in _portions(found, MOST):
        client.log_batch(child, metrics=some)
    rows = {"columns": list(outbox.COLUMNS), "data": outbox.table(run, name)}
    client.log_dict(child, rows, f"{short}.json")
    client.log_dict(whole, rows, f"variants/{short}.json")
    client.set_terminated(child, end_time=at)


def _numbers(one: Sent) -> Iterator[tuple[str, float]]:
    path = one.path.replace("+", "-")  # which MLflow's names may not hold
    yield path, one.value
    if one.low is not None and one.high is not None:
        yield f"{path}.low", one.low
        yield f"{path}.high", one.high


def _portions(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _stamp(run: Run) -> int:
    return int(outbox.began(run).timestamp() * 1000)


mlflow = Report(
    name="mlflow",
    summary="to MLflow: settings, figures with intervals, a table a variant, the page",
    send=_send,
    needs=("mlflow",),
    target="URI",
    aim=_aim,
)
