"""What TensorBoard's own reader finds in the event files."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("tensorboard", reason="needs the extra tensorboard")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from reports import outbox
from reports.__main__ import main
from reports.delivery import send
from reports.tensorboard import tensorboard
from tests.reports import sample

STAMP = "20260302-100000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command leaves."""
    place = tmp_path_factory.mktemp("tensorboard")
    run = sample.write(place / "run.json")
    assert main(["report", "tensorboard", str(run), "-o", str(place / "tb")]) == 0
    return place / "tb" / STAMP


def read(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder))
    found.Reload()
    return found


def number(events: EventAccumulator, tag: str) -> float:
    (event,) = events.Tensors(tag)
    return float(tensor_util.make_ndarray(event.tensor_proto))


def text(events: EventAccumulator, tag: str) -> str:
    (event,) = events.Tensors(tag)
    return str(tensor_util.make_ndarray(event.tensor_proto).reshape(-1)[0].decode())


def test_every_figure_with_its_interval_by_variant(folder: Path) -> None:
    for name in ("teacher", "int4"):
        events = read(folder / name)
        for one in (one for one in outbox.figures(sample.run()) if one.variant == name):
            assert number(events, one.path) == pytest.approx(one.value, rel=1e-6)
            for end, limit in (("/low", one.low), ("/high", one.high)):
                if limit is None:
                    assert one.path + end not in events.Tags()["tensors"]
                else:
                    assert number(events, one.path + end) == pytest.approx(limit, rel=1e-6)
    assert read(folder / "int4").SummaryMetadata(one.path).plugin_data.plugin_name == "scalars"


def test_settings_origin_and_tables_are_texts(folder: Path) -> None:
    whole = read(folder)
    assert "| teacher | gpt2 |" in text(whole, "settings")
    assert "| cpu | Invented CPU 9000 |" in text(whole, "origin")
    assert "failed" in text(whole, "in_doubt")
    table = text(read(folder / "int4"), "figures").splitlines()
    assert len(table) == 2 + len(outbox.table(sample.run(), "int4"))
    assert any("decode_rate | 206.0 | 205.0 | 207.0 | tok/s" in line for line in table)
    assert "&lt;b>no kernel" in text(read(folder / "half"), "figures")


def test_a_variant_is_a_session_of_hyperparameters(folder: Path) -> None:
    from tensorboard.plugins.hparams import metadata

    (tag,) = (tag for tag in read(folder / "int4").Tags()["tensors"] if tag.startswith("_hparams_"))
    data = read(folder / "int4").SummaryMetadata(tag).plugin_data.content
    said = metadata.parse_session_start_info_plugin_data(data).hparams
    assert said["variant"].string_value == "int4"
    assert said["base"].string_value == "teacher"


def test_the_page_lies_beside(folder: Path) -> None:
    assert (folder / "report.html").read_text().startswith("<!doctype html>")


def test_a_run_may_be_sent_twice_and_names_stay_below(tmp_path: Path) -> None:
    assert send(tensorboard, sample.run(), str(tmp_path)) == str(tmp_path / STAMP)
    assert send(tensorboard, sample.run(), str(tmp_path)) == str(tmp_path / f"{STAMP}-2")
    assert {path.name for path in tmp_path.iterdir()} == {STAMP, f"{STAMP}-2"}


def test_half_a_run_is_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(run: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(outbox, "page", fail)
    with pytest.raises(Exception, match="disk full"):
        send(tensorboard, sample.run(), str(tmp_path))
    assert list(tmp_path.iterdir()) == []
