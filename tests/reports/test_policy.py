"""The policy file: what it changes, and every slip of the pen in one line."""

from pathlib import Path

import pytest

from bench.errors import Misuse
from reports.policy import Policy, read_policy, written
from reports.terms import KINDS, Margin, Subject, usual


def subject(metric: str = "latency", variant: str = "int8", kind: str = "timing") -> Subject:
    unit = "s" if kind == "timing" else "nat/tok"
    return Subject(
        cell=f"decode[{variant}-b1-p32-n16]", variant=variant, metric=metric, kind=kind, unit=unit
    )


def policy(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "gate.toml"
    path.write_text(text)
    return read_policy(path)


def test_without_a_file_the_usual_terms() -> None:
    assert read_policy(None).terms(subject()) == KINDS["timing"]
    assert read_policy(None).terms(subject("loss", kind="paired")).margin == Margin(0.01, False)
    rate = Subject(cell="a", variant="a", metric="decode_rate", kind="timing", unit="tok/s")
    assert usual(rate).test == "none"


def test_later_rules_win_key_by_key(tmp_path: Path) -> None:
    found = policy(
        tmp_path,
        """
        alpha = 0.01
        control = "4%"
        [[rule]]
        metric = "lat*"
        margin = "5%"
        tier = "2.5%"
        [[rule]]
        variant = "int8"
        cell = "decode[*-b1-*]"
        margin = "10 %"
        blocks = false
        """,
    )
    assert (found.alpha, found.control) == (0.01, Margin(0.04, True))
    both, first = found.terms(subject()), found.terms(subject(variant="teacher"))
    assert (both.margin.size, both.tier.size, both.blocks) == (0.1, 0.025, False)
    assert (first.margin.size, first.tier.size, first.blocks) == (0.05, 0.025, True)
    assert found.terms(subject("first_token", "half")) == KINDS["timing"]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    text = 'alpha = 0.02\n[[rule]]\nmetric = "a\\"b"\nmargin = 0.25\nblocks = false\ntest = "none"'
    first = policy(tmp_path, text)
    again = policy(tmp_path, written(first, "found by an A/A\nof two lines"))
    assert again == first


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("alpha", "is not TOML"),
        ("alhpa = 0.05", "the file has the unknown key 'alhpa'; known: alpha, control, rule"),
        ("alpha = 0", "alpha is 0, not a level between"),
        ("alpha = true", "alpha is True, not a level"),
        ("control = 3", "is no share above 0"),
        ("rule = 3", "two brackets"),
        ("[rule]\nmargin = 3", "two brackets"),
        ("[[rule]]", "rule 1 changes nothing"),
        ('[[rule]]\nmargn = "3%"', "rule 1 has the unknown key 'margn'"),
        ('[[rule]]\nmargin = "3"', "margin of rule 1 is '3': it is neither a share"),
        ("[[rule]]\nmargin = -1", "is below 0"),
        ("[[rule]]\nmargin = nan", "neither a share"),
        ("[[rule]]\nmargin = true", "neither a share"),
        ('[[rule]]\ntest = "ttest"', "test of rule 1 is 'ttest', none of tolerance, samples"),
        ('[[rule]]\nblocks = "no"', "neither true nor false"),
        ("[[rule]]\nmetric = 3\nblocks = true", "metric of rule 1 is 3, not a name"),
    ],
)
def test_a_slip_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Misuse) as refused:
        policy(tmp_path, text)
    assert says in str(refused.value)
    assert "gate.toml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="cannot be read"):
        read_policy(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("patterns", "says"),
    [
        ('metric = "latencies"', "no metric here fits 'latencies'; there are latency"),
        ('variant = "int9"', "no variant here fits 'int9'; there are int8, teacher"),
        ('cell = "decode[int8]"', "no cell here fits 'decode[int8]'; there are decode[int8-b1"),
        ('variant = "int8"\ncell = "*teacher*"', "no cell fits all of it"),
    ],
)
def test_a_rule_that_fits_nothing(tmp_path: Path, patterns: str, says: str) -> None:
    found = policy(tmp_path, f'[[rule]]\n{patterns}\nmargin = "5%"')
    with pytest.raises(Misuse, match=r"rule 1 \(.*matches nothing") as refused:
        found.check([subject(), subject(variant="teacher")])
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ("margin = 0.1", "timing", "must be shares"),
        ('test = "samples"', "timing", "samples inside one process are no replicates"),
        ('test = "pairs"', "exact", "which test = 'pairs' is not for"),
    ],
)
def test_a_test_that_would_be_false(tmp_path: Path, change: str, kind: str, says: str) -> None:
    found = policy(tmp_path, f"[[rule]]\n{change}")
    with pytest.raises(Misuse, match=says):
        found.terms(subject(kind=kind))


def test_the_readmes_policy_is_one(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text()
    example = text.partition("```toml\nalpha")[2].partition("```")[0]
    assert len(policy(tmp_path, f"alpha{example}").rules) == 2
