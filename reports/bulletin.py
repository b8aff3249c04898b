"""Findings on paper: a table for the terminal, Markdown, and GitHub's annotations."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.files import check_target, write_atomically
from reports.finding import Finding, Outcome
from reports.listing import print_rows
from reports.names import sentence, visible

QUIET = ("equivalent", "new")
"""Verdicts of which only the number is told: nobody has to do anything about them."""
HEADS = ("verdict", "cell", "metric", "worse by", "interval", "margin", "")


def change_of(finding: Finding) -> str:
    """How much worse, such as `+5.1%`."""
    return "" if finding.change is None else _number(finding, finding.change)


def interval_of(finding: Finding) -> str:
    """From where to where, such as `+4%…+6.2%`."""
    if finding.low is None or finding.high is None:
        return ""
    return f"{_number(finding, finding.low)}…{_number(finding, finding.high)}"


def _number(finding: Finding, size: float) -> str:
    return f"{100 * size:+.3g}%" if finding.relative else f"{size:+.3g}"


def why_of(finding: Finding) -> str:
    """What it rests on, or why it could not be told."""
    said = [sentence(finding.reason)] if finding.reason else []
    said += [f"{finding.pairs} pairs"] if finding.pairs else []
    said += [f"p = {finding.p:.2g}"] if finding.p is not None and finding.p < 1 else []
    said += [] if finding.blocks else ["does not block"]
    return ", ".join(said)


def print_outcome(outcome: Outcome, everything: bool = False) -> None:
    """A line for each finding that somebody must look at, what is left out, and the sentence."""
    rows = [_row(one) for one in outcome.sorted() if everything or one.verdict not in QUIET]
    if rows:
        print_rows(HEADS, rows)
    for line in unsaid(outcome):
        print(line)
    print(outcome.sentence)


def unsaid(outcome: Outcome) -> list[str]:
    """A line for each reason why figures are incomparable, as by another machine; and what is left
    out."""
    why = Counter(one.reason for one in outcome.findings if one.verdict == "incomparable")
    lines = [f"incomparable: {count} figures: {sentence(said)}" for said, count in why.items()]
    return [*lines, *map(str, outcome.left)]


def _row(finding: Finding) -> tuple[str, ...]:
    return (
        finding.verdict,
        visible(finding.cell),
        visible(finding.metric),
        change_of(finding),
        interval_of(finding),
        finding.margin,
        why_of(finding),
    )


def markdown_of(outcome: Outcome, title: str) -> str:
    """A heading, the sentence, a table of what is not merely equivalent, and what is left out."""
    lines = [f"### {_cell(title)}", "", f"**{outcome.sentence}** (exit code {outcome.code})", ""]
    rows = [one for one in outcome.sorted() if one.verdict not in QUIET]
    if rows:
        lines += [f"| {' | '.join(HEADS)} |", "|---|---|---|--:|--:|--:|---|"]
        lines += ["| " + " | ".join(map(_cell, _row(one))) + " |" for one in rows] + [""]
    lines += [f"- {_cell(line)}" for line in unsaid(outcome)]
    return "\n".join(lines) + "\n"


def annotations_of(outcome: Outcome, file: str) -> Iterator[str]:
    """GitHub's workflow commands: an error for what fails the gate, a notice for a gain."""
    for one in outcome.sorted():
        kind = _level(one, outcome.strict)
        if kind is None:
            continue
        title = f"{one.verdict}: {one.metric} of {one.cell}"
        said = "; ".join(
            filter(None, [change_of(one), interval_of(one), f"margin {one.margin}", why_of(one)])
        )
        yield f"::{kind} file={_property(file)},title={_property(title)}::{_message(said)}"


def publish(outcome: Outcome, title: str, file: str, markdown: Path | None) -> None:
    """Where CI looks: a file that was asked for, the job's summary, annotations on the output."""
    text = markdown_of(outcome, title)
    if markdown is not None:
        write_atomically(markdown, text)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as stream:
            stream.write(text)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations_of(outcome, file):
            print(line)


def check_markdown(path: Path | None) -> None:
    """Raises Misuse before anything is measured, where it could not be written."""
    if path is not None:
        check_target(path)


def _level(finding: Finding, strict: bool) -> str | None:
    if finding.verdict in ("regressed", "missing", "contaminated"):
        return "error" if finding.blocks else "warning"
    if finding.verdict in ("inconclusive", "incomparable"):
        return "error" if strict and finding.blocks else None
    return "notice" if finding.verdict == "improved" else None


def _cell(text: str) -> str:
    """Text in a Markdown table: names are data, and may hold bars and brackets."""
    kept = sentence(text).replace("\\", "\\\\")
    for sign in "|<>`*_[]":
        kept = kept.replace(sign, f"\\{sign}")
    return kept


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
