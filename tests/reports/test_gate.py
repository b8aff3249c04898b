"""`weighbridge gate` on stored runs: verdicts by hand, exit codes, and what it writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log, log1p
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import ttest_ind

from reports.__main__ import main
from reports.finding import Outcome
from reports.judge import judge_runs
from reports.policy import Policy, read_policy
from tests.reports import sample
from tests.reports.invented import machine

Json = dict[str, Any]
WINDOWS = [3.0 + 0.1 * (at % 7) for at in range(40)]


def cell(loss: float = 0.0, size: float = 1e6, cold: float = 1.0, processes: int = 8) -> list[Json]:
    """A size, a loss by windows shifted by `loss`, a timing of fresh processes times `cold`."""
    windows = [w + loss + 0.001 * ((at * 5) % 3 - 1) * bool(loss) for at, w in enumerate(WINDOWS)]
    middle = sum(windows) / len(windows)
    quality = sample.value("loss", middle, 0.1, windows) | {"estimator": "bootstrap_mean"}
    starts = [0.5 * cold * (1 + 0.002 * ((at * 3) % 5 - 2)) for at in range(8)]
    started = sample.record(
        "cold", "int8", (1, 32, 0), ready=sample.value("ready", 0.5, 0.1, starts)
    )
    started["facts"] = {"processes": processes}
    return [
        sample.record("load", "int8", disk_bytes=sample.value("disk_bytes", size)),
        sample.record("quality", "int8", loss=quality),
        started,
    ]  # fmt: skip


def judged(base: Json, head: Json, policy: Policy | None = None, strict: bool = False) -> Outcome:
    return judge_runs(sample.run(base), sample.run(head), policy or Policy(), strict)


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {f"{one.cell} {one.metric}": one.verdict for one in outcome.findings}


def document(**known: Any) -> Json:
    return sample.document(cell(**known))


NAMES = ("load[int8] disk_bytes", "quality[int8] loss", "cold[int8-b1-p32] ready")


@pytest.mark.parametrize(
    ("known", "verdict", "code"),
    [
        ({}, ("equivalent",) * 3, 0),
        ({"size": 1.0005e6}, ("equivalent",) * 3, 0),
        ({"size": 1.01e6}, ("regressed", "equivalent", "equivalent"), 10),
        ({"size": 0.9e6}, ("improved", "equivalent", "equivalent"), 0),
        ({"loss": 0.05}, ("equivalent", "regressed", "equivalent"), 10),
        ({"loss": 0.005}, ("equivalent", "equivalent", "equivalent"), 0),
        ({"loss": -0.05}, ("equivalent", "improved", "equivalent"), 0),
        ({"cold": 1.05}, ("equivalent", "equivalent", "regressed"), 10),
        ({"cold": 1.03}, ("equivalent", "equivalent", "inconclusive"), 0),
        ({"cold": 0.9}, ("equivalent", "equivalent", "improved"), 0),
        ({"processes": 1}, ("equivalent", "equivalent", "inconclusive"), 0),
    ],
)
def test_verdicts(known: Json, verdict: tuple[str, ...], code: int) -> None:
    found = judged(document(), document(**known))
    assert verdicts(found) == dict(zip(NAMES, verdict, strict=True))
    assert found.code == code


def test_strict_does_not_pass_what_is_inconclusive() -> None:
    assert judged(document(), document(processes=1), strict=True).code == 11


def test_the_timings_p_is_welchs() -> None:
    def logs(data: Json) -> list[float]:
        (row,) = data["benchmarks"]
        return [log(s) for s in row["extra_info"]["bench"]["values"]["ready"]["samples"]]

    found = judged(document(), document(cold=1.05))
    (one,) = (finding for finding in found.findings if finding.metric == "ready")
    shifted = [x - log1p(0.03) for x in logs(document(cold=1.05))]
    alone = ttest_ind(shifted, logs(document()), equal_var=False, alternative="greater").pvalue
    assert one.p == pytest.approx(2 * alone)  # Holm over the two that leave something to chance


def test_a_cell_that_is_gone_is_no_silence() -> None:
    head = document()
    head["weighbridge"]["records"].pop(0)
    found = judged(document(), head)
    assert verdicts(found)[NAMES[0]] == "missing"
    assert found.code == 11


def test_a_cell_that_failed_says_why() -> None:
    head = document()
    failed = sample.gone("load", "int8", "failed", "RuntimeError: no kernel")
    head["weighbridge"]["records"].pop(0)
    head["weighbridge"]["absent"] = [failed]
    (one,) = (f for f in judged(document(), head).findings if f.verdict == "missing")
    assert one.reason == "failed: RuntimeError: no kernel"


def test_a_new_cell_passes() -> None:
    base = document()
    base["weighbridge"]["records"].pop(0)
    found = judged(base, document())
    assert (verdicts(found)[NAMES[0]], found.code) == ("new", 0)


def edited(change: Callable[[Json], None]) -> Json:
    head = document()
    change(head["weighbridge"])
    return head


@pytest.mark.parametrize(
    ("head", "incomparable"),
    [
        (edited(lambda ours: ours.update(machine={**machine(), "cpu": "Another"})), NAMES[2:]),
        (edited(lambda ours: ours["text"].update(fingerprint="0" * 16)), NAMES[1:2]),
        (edited(lambda ours: ours["text"].update(recipe="another")), NAMES[1:2]),
        (edited(lambda ours: ours["settings"].update(teacher="another")), NAMES),
    ],
    ids=["machine", "text", "recipe", "teacher"],
)
def test_what_cannot_be_compared_is_said(head: Json, incomparable: tuple[str, ...]) -> None:
    found = judged(document(), head)
    assert {n for n, v in verdicts(found).items() if v == "incomparable"} == set(incomparable)
    assert found.code == (11 if incomparable == NAMES else 0)


def test_a_busy_machine_contaminates_timings_alone() -> None:
    head = document(cold=1.2)
    head["benchmarks"][0]["extra_info"]["bench"]["status"] = "busy"
    found = judged(document(), head)
    assert verdicts(found)[NAMES[2]] == "contaminated"
    assert found.code == 11


def test_a_busy_machine_takes_nothing_from_what_could_not_be_told_anyway() -> None:
    """Samples of one process are no replicates, however quiet it was."""
    head = document(cold=1.2, processes=1)
    head["benchmarks"][0]["extra_info"]["bench"]["status"] = "busy"
    found = judged(document(), head)
    assert verdicts(found)[NAMES[2]] == "inconclusive"
    assert found.code == 0


@pytest.mark.parametrize("who", ["baseline", "candidate"])
def test_a_profiled_cells_time_is_incomparable_and_nothing_else_of_it(who: str) -> None:
    """Far slower, and in the sizes and losses of the same status as clear as ever."""
    runs = {"baseline": document(), "candidate": document(cold=1.5, size=1.01e6)}
    for one in runs[who]["weighbridge"]["records"]:
        one["status"] = "profiled"
    runs[who]["benchmarks"][0]["extra_info"]["bench"]["status"] = "profiled"
    found = judged(*runs.values())
    assert verdicts(found) == dict(
        zip(NAMES, ("regressed", "equivalent", "incomparable"), strict=True)
    )
    (told,) = (one for one in found.findings if one.metric == "ready")
    assert told.reason == f"measured under --profile in the {who}"
    assert told.change is None


def test_a_time_of_nothing_is_incomparable() -> None:
    head = document()
    head["benchmarks"][0]["extra_info"]["bench"]["values"]["ready"]["samples"][3] = 0.0
    assert verdicts(judged(document(), head))[NAMES[2]] == "incomparable"


def test_what_does_not_block_does_not_fail(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text('[[rule]]\nmetric = "disk_bytes"\nblocks = false')
    found = judged(document(), document(size=2e6), read_policy(path))
    assert (verdicts(found)[NAMES[0]], found.code) == ("regressed", 0)


# The command


@pytest.fixture
def runs(tmp_path: Path) -> Callable[..., list[str]]:
    def write(**known: Any) -> list[str]:
        base = sample.write(tmp_path / "base.json", document())
        head = sample.write(tmp_path / "head.json", document(**known))
        return ["gate", str(base), str(head)]

    return write


def test_a_regression_is_10_and_named(
    runs: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(runs(loss=0.05)) == 10
    said = capsys.readouterr().out
    assert "regression: 1 regressed, 2 equivalent" in said
    assert "quality[int8]" in said


def test_runs_with_no_cell_in_common_never_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = sample.write(tmp_path / "a.json", sample.only("int8"))
    other = sample.write(tmp_path / "b.json", sample.only("int4"))
    assert main(["gate", str(one), str(other)]) == 11
    assert "nothing was measured" in capsys.readouterr().out


def test_a_run_of_nothing_never_passes(tmp_path: Path) -> None:
    empty = sample.write(tmp_path / "a.json", sample.document([]))
    assert main(["gate", str(empty), str(empty)]) == 11


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"weighbridge": {"sch', "is not JSON"),
        ("{}", "holds no Weighbridge run"),
        ('{"weighbridge": {"schema": 1}}', "has schema 1"),
        ('{"weighbridge": {"schema": NaN}}', "NaN is not a number"),
    ],
)
def test_bad_runs_are_12(
    runs: Callable[..., list[str]], capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    words = runs()
    Path(words[2]).write_text(text)
    assert main(words) == 12
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_bad_policies_and_calls_are_12(
    runs: Callable[..., list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gate.toml").write_text('[[rule]]\nvariant = "int9"\nblocks = false')
    assert main([*runs(), "--policy", str(tmp_path / "gate.toml")]) == 12
    assert "no variant here fits 'int9'" in capsys.readouterr().err
    assert main([*runs(), "--markdown", str(tmp_path)]) == 12
    with pytest.raises(SystemExit) as stop:
        main(["gate", "one.json"])
    assert stop.value.code == 12


def test_a_gain_is_proposed_and_accepted(
    runs: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    words = runs(size=0.5e6)
    base = Path(words[1])
    before = base.read_text()
    assert main(words) == 0
    assert "--accept makes" in capsys.readouterr().out
    assert base.read_text() == before
    assert main([*words, "--accept"]) == 0
    assert base.read_text() == Path(words[2]).read_text()
    assert sorted(p.name for p in base.parent.iterdir()) == ["base.json", "head.json"]


def test_a_regression_is_never_accepted(runs: Callable[..., list[str]]) -> None:
    words = runs(size=0.5e6, loss=0.05)
    before = Path(words[1]).read_text()
    assert main([*words, "--accept"]) == 10
    assert Path(words[1]).read_text() == before


def test_a_gain_on_another_machine_is_not_accepted(
    runs: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its times would be held to no more, in any later gate of the old machine."""
    words = runs(size=0.5e6)
    before = Path(words[1]).read_text()
    head = document(size=0.5e6)
    head["weighbridge"]["machine"]["cpu"] = "Another"
    sample.write(Path(words[2]), head)
    assert main([*words, "--accept"]) == 0
    said = capsys.readouterr().out
    assert "base.json stays: 1 of its figures are incomparable or missing" in said
    assert Path(words[1]).read_text() == before
    (line,) = (line for line in said.splitlines() if line.startswith("incomparable: "))
    assert line.startswith("incomparable: 1 figures: the processor differs: ")


def test_a_gain_is_not_accepted_where_a_cell_is_gone(runs: Callable[..., list[str]]) -> None:
    """Also where a policy lets a missing cell pass."""
    words = runs(size=0.5e6)
    before = Path(words[1]).read_text()
    head = document(size=0.5e6)
    head["benchmarks"] = []
    sample.write(Path(words[2]), head)
    policy = Path(words[1]).parent / "gate.toml"
    policy.write_text('[[rule]]\nmetric = "ready"\nblocks = false')
    assert main([*words, "--accept", "--policy", str(policy)]) == 0
    assert Path(words[1]).read_text() == before


def test_a_github_job_gets_its_summary_and_annotations(
    runs: Callable[..., list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    words = runs(loss=0.05)
    assert main([*words, "--markdown", str(tmp_path / "own.md")]) == 10
    text = summary.read_text()
    assert text == "before\n" + (tmp_path / "own.md").read_text()
    assert "| regressed | quality\\[int8\\] | loss |" in text
    (line,) = (x for x in capsys.readouterr().out.splitlines() if x.startswith("::"))
    assert line.startswith(f"::error file={words[2]},title=regressed%3A loss of quality[int8]::")


def test_hostile_names_break_no_table_and_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "x|y\n::error::z<img src=q>"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    paths = [
        sample.write(
            tmp_path / f"{size}.json",
            sample.document(
                [sample.record("load", evil, disk_bytes=sample.value("disk_bytes", size))]
            ),
        )
        for size in (1e6, 2e6)
    ]
    assert main(["gate", *map(str, paths), "--markdown", str(tmp_path / "own.md")]) == 10
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("::error::z")] == []
    table = (tmp_path / "own.md").read_text()
    assert "<img" not in table.replace("\\<img", "")
    assert len([line for line in table.splitlines() if line.startswith("|")]) == 3


def test_a_gate_changes_no_run(runs: Callable[..., list[str]]) -> None:
    words = runs()
    before = [json.loads(Path(word).read_text()) for word in words[1:]]
    main(words)
    assert [json.loads(Path(word).read_text()) for word in words[1:]] == before
