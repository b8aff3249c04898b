"""The policy `gate.toml`: margins, tests and what blocks, by patterns of names."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.errors import Misuse
from reports.terms import KINDS, TESTS, Margin, Subject, Terms, usual
from reports.verdict import ALPHA

PATTERNS = ("metric", "variant", "cell")
CHANGES = ("margin", "tier", "test", "blocks")
TOP = ("alpha", "control", "rule")
CONTROL = Margin(0.03, relative=True)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a policy changes of the usual terms, for everything that its patterns fit."""

    number: int
    patterns: Mapping[str, str]
    changes: Mapping[str, Any]

    def __str__(self) -> str:
        said = ", ".join(f"{key} = {value!r}" for key, value in self.patterns.items())
        return f"rule {self.number} ({said or 'of everything'})"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A whole policy; without a file, the usual terms."""

    path: str = "the policy"
    alpha: float = ALPHA
    control: Margin = CONTROL
    """How far the control cell may move before a session says nothing."""
    rules: tuple[Rule, ...] = ()

    def terms(self, subject: Subject) -> Terms:
        """What `subject` is judged by: of the rules that fit, later ones win."""
        found = usual(subject)
        for rule in self.rules:
            if subject.matches(rule.patterns):
                found = replace(found, **rule.changes)
        self._refuse_unfit(subject, found)
        return found

    def _refuse_unfit(self, subject: Subject, found: Terms) -> None:
        """Raises Misuse where the test cannot be had, or would be a false one."""
        what = f"{self.path}: {subject.metric} of {subject.cell}"
        if found.test == "pairs" and not (found.margin.relative and found.tier.relative):
            raise Misuse(f"{what} is tested by ratios, so its margin and its tier must be shares "
                         "such as '3%'")  # fmt: skip
        if found.test != KINDS[subject.kind].test and found.test in ("pairs", "samples"):
            raise Misuse(f"{what} is of the kind {subject.kind!r}, which test = {found.test!r} is "
                         "not for: samples inside one process are no replicates")  # fmt: skip

    def check(self, subjects: Iterable[Subject]) -> None:
        """Raises Misuse where a rule fits nothing of what is to be judged: a slip of the pen."""
        known = list(subjects)
        for rule in self.rules:
            if any(subject.matches(rule.patterns) for subject in known):
                continue
            for key, pattern in rule.patterns.items():
                if not any(subject.matches({key: pattern}) for subject in known):
                    names = sorted({getattr(subject, key) for subject in known})
                    raise Misuse(
                        f"{self.path}: {rule} matches nothing: no {key} here fits "
                        f"{pattern!r}; there are {_some(names)}"
                    )
            raise Misuse(f"{self.path}: {rule} matches nothing: no cell fits all of it")


def read_policy(path: Path | None) -> Policy:
    """The policy in a file; without one, the usual terms. Raises Misuse with one line."""
    if path is None:
        return Policy()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misuse(f"the policy {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misuse(f"the policy {path} is not TOML: {error}") from None
    try:
        return _policy(data, str(path))
    except ValueError as error:
        raise Misuse(f"the policy {path}: {error}") from None


def written(policy: Policy, comment: str = "") -> str:
    """The policy as TOML."""
    lines = [f"# {line}".rstrip() for line in comment.splitlines()]
    lines += [f"alpha = {policy.alpha}", f'control = "{policy.control}"']
    for rule in policy.rules:
        lines += ["", "[[rule]]"]
        lines += [f"{key} = {_toml(value)}" for key, value in rule.patterns.items()]
        lines += [f"{key} = {_toml(value)}" for key, value in rule.changes.items()]
    return "\n".join(lines) + "\n"


def _policy(data: Mapping[str, Any], path: str) -> Policy:
    _expect("the file", data, TOP)
    rules = data.get("rule", [])
    if not isinstance(rules, list):
        raise ValueError("rules are written as [[rule]], with two brackets")
    control = _margin("control", data.get("control", str(CONTROL)))
    if not control.relative or control.size <= 0:
        raise ValueError(f"control = {data['control']!r} is no share above 0, such as '3%'")
    return Policy(
        path=path,
        alpha=_alpha(data.get("alpha", ALPHA)),
        control=control,
        rules=tuple(_rule(number, rule) for number, rule in enumerate(rules, start=1)),
    )


def _rule(number: int, said: Mapping[str, Any]) -> Rule:
    where = f"rule {number}"
    _expect(where, said, (*PATTERNS, *CHANGES))
    patterns = {key: said[key] for key in PATTERNS if key in said}
    for key, value in patterns.items():
        if not isinstance(value, str) or not value:
            raise ValueError(f"{key} of {where} is {value!r}, not a name or a pattern such as '*'")
    changes = {key: _change(where, key, said[key]) for key in CHANGES if key in said}
    if not changes:
        raise ValueError(f"{where} changes nothing; it may say {', '.join(CHANGES)}")
    return Rule(number=number, patterns=patterns, changes=changes)


def _change(where: str, key: str, value: Any) -> Any:
    if key in ("margin", "tier"):
        return _margin(f"{key} of {where}", value)
    if key == "test" and value not in TESTS:
        raise ValueError(f"test of {where} is {value!r}, none of {', '.join(TESTS)}")
    if key == "blocks" and not isinstance(value, bool):
        raise ValueError(f"blocks of {where} is {value!r}, neither true nor false")
    return value


def _margin(what: str, value: Any) -> Margin:
    try:
        return Margin.of(value)
    except ValueError as error:
        raise ValueError(f"{what} is {value!r}: it {error}") from None


def _alpha(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 0.5:
        raise ValueError(f"alpha is {value!r}, not a level between 0 and 0.5")
    return float(value)


def _expect(where: str, said: Any, known: tuple[str, ...]) -> None:
    if not isinstance(said, dict):
        raise ValueError(f"{where} is {said!r}, not a table")
    if unknown := sorted(said.keys() - set(known)):
        raise ValueError(f"{where} has the unknown key {unknown[0]!r}; known: {', '.join(known)}")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Margin):
        return f'"{value}"' if value.relative else f"{value.size:g}"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _some(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) or "none") + more
