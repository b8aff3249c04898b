"""What `weighbridge shrink` picks, from sizes and losses worked out by hand; and its journey."""

import json
from pathlib import Path

import pytest

from bench.errors import Misuse
from bench.record import Record, Run, Value
from reports.__main__ import main
from reports.shrink import Tried, best, equals, measured, share_or_bytes
from tests.fakes import _project


def loss(value: float, low: float, high: float) -> Value:
    return Value(value=value, unit="nat/tok", kind="paired", better="less", low=low, high=high)


def tried(name: str, size: int, value: float, half: float, fits: bool = True) -> Tried:
    return Tried(name=name, size=size, fits=fits, loss=loss(value, value - half, value + half))


FORMS = [
    tried("half", 50, 0.000, 0.001, fits=False),
    tried("int8", 25, 0.002, 0.001),
    tried("awq", 17, 0.0025, 0.001),
    tried("int4", 16, 0.010, 0.001),
    Tried(name="fp8", why_not="needs a GPU"),
    Tried(name="student", size=20, fits=True, why_not="proof_failed"),
]


def test_the_best_has_the_least_loss_of_those_that_fit():
    assert best(FORMS).name == "int8"
    assert best(FORMS[:1]) is None
    assert best([]) is None


def test_of_equal_losses_the_smaller_wins():
    assert best([tried("a", 9, 0.1, 0.01), tried("b", 8, 0.1, 0.01)]).name == "b"


def test_forms_whose_interval_reaches_the_winners_are_named():
    assert equals(FORMS[1], FORMS) == ["awq"]


@pytest.mark.parametrize(
    ("text", "limit"),
    [("0.15x", 0.15), ("1x", 1.0), (".5×", 0.5), ("200MB", 200_000_000), ("1 KiB", 1024)],
)
def test_a_size_is_bytes_or_a_share_of_the_teacher(text, limit):
    found = share_or_bytes(text)
    assert (found, type(found)) == (limit, type(limit))


@pytest.mark.parametrize("text", ["0x", "1.5x", "x", "-1MB", "much", "0MB", "", "nanx"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(Misuse, match="--to"):
        share_or_bytes(text)


def test_the_loss_comes_from_the_run_or_the_reason_for_its_lack():
    good = Record(suite="quality", variant="int8", values={"loss_difference": loss(1, 0, 2)})
    bad = Record(suite="quality", variant="int4", status="proof_failed", message="not packed")
    run = Run(machine={}, settings={}, text={}, variants={}, records=(good, bad))
    one = Tried(name="int8", size=1, fits=True)
    assert measured(one, run).loss.value == 1
    assert measured(Tried(name="int4", size=1, fits=True), run).why_not == "not packed"
    assert measured(Tried(name="awq", size=1, fits=True), run).why_not == "not measured"
    assert measured(Tried(name="half", size=9), run) == Tried(name="half", size=9)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "huge"], "--to 'huge' is no size"),
        (["--to", "1MB", "--among", "nothing"], "variant 'nothing' is declared nowhere"),
        (["--to", "1MB", "--set", "int4.group=7"], "allowed: 32, 64, 128"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_made(
    arguments, says, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("reports.shrink._session", lambda *_: pytest.fail("it began"))
    assert main(["shrink", "--artifacts", str(tmp_path / "made"), *arguments]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1


def test_the_journey_on_stand_ins(tmp_path, monkeypatch, capfd):
    """Two forms of a table of bytes: int8 is a quarter of it and fits, the table does not."""
    _project.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(_project.ROOT))
    among = ["--among", "int8,thin", "-o", "out.json"]
    code = main(["shrink", "--to", "0.5x", *among])
    said = capfd.readouterr().out
    assert code == 0, said
    assert "best within" in said
    assert json.loads(Path("out.json").read_text())["weighbridge"]["schema"]
