"""What MLflow's own client reads back from its local store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow", reason="needs the extra mlflow")
pytest.importorskip("sqlalchemy", reason="needs the extra mlflow")

from mlflow.tracking import MlflowClient

from reports import outbox
from reports.__main__ import main
from reports.delivery import aimed, send
from reports.mlflow import EXPERIMENT, PARENT, mlflow
from tests.reports import sample


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds the sample run, with a commit, a chain and a hostile name."""
    folder = tmp_path_factory.mktemp("mlflow")
    data = sample.full()
    data["weighbridge"]["machine"]["commit"] = "c0ffee"
    for cell in sample.variant_cells("student+int8", 130.0, 0.02, 90e6):
        data["weighbridge"]["records"].append(cell)
    run = sample.write(folder / "run.json", data)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(folder)
        assert main(["report", "mlflow", str(run), "-o", "sqlite:///store.db"]) == 0
    return folder


@pytest.fixture(scope="module")
def client(store: Path) -> MlflowClient:
    return MlflowClient(tracking_uri=f"sqlite:///{store}/store.db")


@pytest.fixture(scope="module")
def runs(client: MlflowClient) -> dict[str, Any]:
    """Every run by its name."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    found = client.search_runs([experiment.experiment_id])
    return {run.info.run_name: run for run in found}


def test_the_whole_has_settings_machine_and_commit(runs: dict[str, Any]) -> None:
    whole = runs["gpt2 2026-03-02 10:00:00"]
    assert whole.data.params == outbox.settings(sample.run())
    assert whole.data.tags["cpu"] == "Invented CPU 9000"
    assert whole.data.tags["commit"] == "c0ffee"
    assert whole.data.tags["version_torch"] == "2.13.0"
    assert "decode[half-b1-p32-n16]: failed" in whole.data.tags["in_doubt"]
    assert whole.info.status == "FINISHED"


def test_a_variant_is_a_child_with_its_figures_and_intervals(runs: dict[str, Any]) -> None:
    whole, child = runs["gpt2 2026-03-02 10:00:00"], runs["int4"]
    assert child.data.tags[PARENT] == whole.info.run_id
    found = child.data.metrics
    rate = "decode/b1-p32-n16/decode_rate"
    assert [found[rate + end] for end in ("", ".low", ".high")] == [206.0, 205.0, 207.0]
    assert found["load/disk_bytes"] == 120e6
    assert "load/disk_bytes.low" not in found
    assert "memory/peak_allocated" not in found
    assert runs["student+int8"].data.metrics["load/disk_bytes"] == 90e6


def test_every_figure_arrives(runs: dict[str, Any]) -> None:
    for name in ("teacher", "int8", "imitated"):
        sent = [one for one in outbox.figures(sample.run()) if one.variant == name]
        found = runs[name].data.metrics
        assert {key: found[key] for key in (one.path for one in sent)} == {
            one.path: one.value for one in sent
        }


def test_tables_and_page_are_artifacts(
    client: MlflowClient, runs: dict[str, Any], tmp_path: Path
) -> None:
    whole = runs["gpt2 2026-03-02 10:00:00"].info.run_id
    page = Path(client.download_artifacts(whole, "report.html", str(tmp_path)))
    assert page.read_text().startswith("<!doctype html>")
    table = Path(client.download_artifacts(whole, "variants/int4.json", str(tmp_path)))
    assert json.loads(table.read_text()) == {
        "columns": list(outbox.COLUMNS),
        "data": outbox.table(sample.run(), "int4"),
    }
    own = Path(client.download_artifacts(runs["int4"].info.run_id, "int4.json", str(tmp_path)))
    assert own.read_text() == table.read_text()


def test_a_hostile_name_stays_in_the_store(runs: dict[str, Any], store: Path) -> None:
    assert outbox.plain(sample.HOSTILE) in runs
    assert {path.name for path in store.iterdir()} == {"run.json", "store.db", "mlruns"}


def test_a_server_that_is_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.errors import Unsent

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    away = "http://127.0.0.1:9"  # the port that discards; nothing listens there
    assert aimed(mlflow, away) == away
    with pytest.raises(Unsent, match="mlflow did not take the run: "):
        send(mlflow, sample.run(), away)
