"""Sizes and losses of two arms, on runs written by hand: what is judged, what is only named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.armed import Arm
from bench.pair import Effort
from reports import clockless
from reports.clockless import Clockless, judged
from reports.left import grouped
from reports.pairing import Pairing
from reports.policy import Policy, read_policy
from reports.stored import Book
from tests.reports import sample
from tests.reports.test_gate import WINDOWS

Json = dict[str, Any]


def document(loss: float = 0.0, size: float = 1e6, peak: float = 5e6, status: str = "") -> Json:
    """A size, a loss by windows, a load time and a peak; the size's cell may have failed."""
    windows = [w + loss + 0.001 * ((at * 5) % 3 - 1) * bool(loss) for at, w in enumerate(WINDOWS)]
    quality = sample.value("loss", sum(windows) / len(windows), 0.1, windows)
    size_and_time = {
        "disk_bytes": sample.value("disk_bytes", size),
        "ready": sample.value("ready", 0.5, 0.1, [0.5] * 6),
    }
    load = sample.record("load", "int8", **size_and_time)
    return sample.document([
        sample.gone("load", "int8", status, "why") if status else load,
        sample.record("quality", "int8", loss=quality | {"estimator": "bootstrap_mean"}),
        sample.record("memory", "int8", peak_host=sample.value("peak_host", peak, 0.1, [peak] * 6)),
    ])  # fmt: skip


def verdicts(base: Json, head: Json, policy: Policy | None = None) -> dict[str, str]:
    found = judged(sample.run(base), sample.run(head), policy or Policy())
    return {f"{one.cell} {one.metric}".strip(): one.verdict for one in found.findings}


SIZE, LOSS = "load[int8] disk_bytes", "quality[int8] loss"


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({}, ("equivalent", "equivalent")),
        ({"size": 1.0009e6}, ("equivalent", "equivalent")),
        ({"size": 1.002e6}, ("regressed", "equivalent")),
        ({"size": 0.9e6, "loss": 0.004}, ("improved", "equivalent")),
        ({"loss": 0.02}, ("equivalent", "regressed")),
        ({"loss": -0.02}, ("equivalent", "improved")),
    ],
)
def test_sizes_and_losses_are_judged_as_the_gate_judges_them(
    known: dict[str, float], verdict: tuple[str, str]
) -> None:
    assert verdicts(document(), document(**known)) == dict(zip((SIZE, LOSS), verdict, strict=True))


def test_times_and_peaks_of_one_process_are_named() -> None:
    found = judged(sample.run(document()), sample.run(document(peak=9e6)), Policy())
    (left,) = found.left
    assert list(left.metrics) == ["peak_host", "ready"]
    assert str(left).startswith("not judged: peak_host, ready: ")
    assert "`weighbridge gate`" in str(left)
    assert "\n" not in str(left)


def test_a_cell_that_was_skipped_in_both_is_named() -> None:
    document_ = document(status="skipped")
    found = judged(sample.run(document_), sample.run(document_), Policy())
    assert str(found.left[-1]) == "left out: 1 load cell: no figures in either run: skipped: why"
    assert [one.cell for one in found.findings] == ["quality[int8]"]


def test_a_cell_that_failed_in_both_is_missing_and_not_told_twice() -> None:
    document_ = document(status="failed")
    found = judged(sample.run(document_), sample.run(document_), Policy())
    assert [left.cells for left in found.left] == [()]


def test_a_policy_may_judge_a_peak_by_a_tolerance(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text('[[rule]]\nmetric = "peak_host"\ntest = "tolerance"\nmargin = "5%"\n')
    for peak, verdict in ((5.2e6, "equivalent"), (5.3e6, "regressed")):
        found = verdicts(document(), document(peak=peak), read_policy(path))
        assert found["memory[int8] peak_host"] == verdict


@pytest.mark.parametrize("base", ["", "crashed"])
def test_a_cell_that_failed_is_missing_also_where_it_failed_in_both(base: str) -> None:
    found = verdicts(document(status=base), document(status="failed"))
    assert found == {("load[int8]" if base else SIZE): "missing", LOSS: "equivalent"}


def test_another_teacher_is_incomparable() -> None:
    head = document()
    head["weighbridge"]["settings"]["teacher"] = "another"
    assert set(verdicts(document(), head).values()) == {"incomparable"}


def pairing(cells: list[str]) -> Pairing:
    arms = [Arm(name=name, folder=None, arguments=["suites"]) for name in ("base", "head")]
    return Pairing(
        arms=(arms[0], arms[1]), effort=Effort(), cells=(), absent={}, same={}, clockless=cells
    )


def test_what_the_survey_told_is_not_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a variant that could not be made, nor a cell that is skipped in both."""
    for status in ("failed", "skipped"):
        monkeypatch.setattr(
            clockless,
            "ordinary",
            lambda arm, run, status=status: sample.write(run, document(status=status)),
        )
        known = pairing([SIZE])
        known.absent = {"load[int8]": ("missing", "why")} if status == "failed" else {}
        known.left = grouped({"load[int8]": "skipped: why"}) if status == "skipped" else ()
        book = Book.open(tmp_path / f"{status}.json", {})
        found = Clockless.weighed(known, book, Policy())
        assert [one.cell for one in found.findings] == ["quality[int8]"]
        assert [list(left.cells) for left in found.left] == [[]]


def test_an_arm_is_measured_once_and_then_taken_from_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def ordinary(arm: Arm, run: Path) -> None:
        asked.append(arm.name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        sample.write(run, document())

    monkeypatch.setattr(clockless, "ordinary", ordinary)
    path = tmp_path / "ab.json"
    with pytest.raises(KeyboardInterrupt):
        Clockless.weighed(pairing([SIZE]), Book.open(path, {}), Policy())
    book = Book.open(path, {})
    found = Clockless.weighed(pairing([SIZE]), book, Policy())
    assert asked == ["base", "head", "head"]
    assert {one.verdict for one in found.findings} == {"equivalent"}
    assert "sizes and losses 2/2 head" in capsys.readouterr().err
    assert set(Book.open(path, {}).runs) == {"base", "head"}


def test_without_such_cells_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clockless, "ordinary", pytest.fail)
    found = Clockless.weighed(pairing([]), Book.open(tmp_path / "ab.json", {}), Policy())
    assert (list(found.findings), list(found.left), capsys.readouterr().out) == ([], [], "")
