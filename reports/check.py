"""`weighbridge check run.json`: whether a run still holds what was measured, and nothing else."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import BadRun, Misuse
from bench.reading import parse, run_of
from bench.record import Record, Run
from bench.seal import OURS, SEAL, seal
from reports.names import sentence
from reports.recount import Finding, recounted, rows

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

MOST = 20
"""Faults of form that are told; a file of another kind has one at every key."""


def add_check(commands: Subparsers) -> None:
    """`weighbridge check RUN.json`."""
    text = "check that a run is whole, proven and unedited; figures are worked out from samples"
    parser = commands.add_parser("check", help=text, description=f"{text}; 1 where it is not")
    parser.add_argument("run", type=Path, metavar="RUN.json", help="a run file")
    parser.set_defaults(command=check_run)


def check_run(chosen: argparse.Namespace) -> int:
    """One line for each thing that is wrong. Raises Misuse where there is no such file."""
    if not chosen.run.is_file():
        raise Misuse(f"{chosen.run} is no file")
    try:
        document = parse(chosen.run)
        found = list(findings(document))
    except BadRun as error:
        print(sentence(str(error)))
        return 1
    for finding in found:
        print(finding)
    if not found:
        run = run_of(document)
        figures = sum(len(record.values) for record in run.records)
        print(f"{chosen.run}: sound, {len(run.records)} cells with {figures} figures")
    return 1 if found else 0


def findings(document: Any) -> Iterator[Finding]:
    """Everything that is wrong with a parsed run file. Raises BadRun where it cannot be read."""
    yield from _form(document)
    run = run_of(document)
    yield from _sum(document)
    yield from _counts(run)
    for record in run.records:
        yield from _record(record, run)
    yield from _proofs(run)
    yield from rows(document)
    for record in run.records:
        yield from recounted(record)


def _form(document: Any) -> Iterator[Finding]:
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    schema = json.loads(files("bench").joinpath("run.schema.json").read_text(encoding="utf-8"))
    errors = list(Draft202012Validator(schema).iter_errors(document))
    for error in errors[:MOST]:
        yield Finding(error.json_path, f"against the schema: {sentence(error.message[:200])}")
    if len(errors) > MOST:
        yield Finding("the file", f"against the schema at {len(errors) - MOST} places more")


def _sum(document: Mapping[str, Any]) -> Iterator[Finding]:
    stands, comes_out = document[OURS].get(SEAL), seal(document)
    if stands is None:
        yield Finding("the file", "carries no sum, so an edit of it would not show")
    elif stands != comes_out:
        yield Finding(
            "the file", f"was changed after it was written: sum {stands[:12]}, now {comes_out[:12]}"
        )


def _counts(run: Run) -> Iterator[Finding]:
    order, seen = list(run.settings.get("order", ())), Counter(r.cell for r in run.records)
    for cell, times in seen.items():
        if times > 1:
            yield Finding(cell, f"has {times} records")
        if cell not in order:
            yield Finding(cell, "has a record, but is not among the cells that ran")
    for cell, times in Counter(order).items():
        if cell not in seen:
            yield Finding(cell, "was to run, and has neither figures nor a reason why not")
        if times > 1:
            yield Finding(cell, f"stands {times} times among the cells that ran")
    resumed = sum("resumed" in record.facts for record in run.records if record.figured)
    if run.settings.get("resumed", 0) < resumed:
        yield Finding("settings", f"{resumed} cells are from sessions that broke off, not as said")


def _record(record: Record, run: Run) -> Iterator[Finding]:
    if record.variant not in run.variants:
        yield Finding(record.cell, f"the variant {record.variant} is not described")
    elif record.figured and not run.variants[record.variant].get("fingerprint"):
        yield Finding(record.cell, f"the variant {record.variant} has no fingerprint")
    if record.values and not record.figured:
        yield Finding(record.cell, f"is {record.status}, and has figures")
    if record.figured and not record.proof:
        yield Finding(record.cell, "has figures, and no proof of what was measured")
    for name, value in record.values.items():
        if value.kind == "paired" and value.recipe is None:
            yield Finding(record.cell, "is a figure of a text, and names no recipe", name)
        if value.kind == "paired" and not run.text.get("fingerprint"):
            yield Finding(record.cell, "is a figure of a text that has no fingerprint", name)


def _proofs(run: Run) -> Iterator[Finding]:
    first: dict[str, Record] = {}
    for record in run.records:
        if not record.figured or not record.proof:
            continue
        known = first.setdefault(record.variant, record)
        if known.proof != record.proof:
            yield Finding(record.cell, f"its proof is not that of {known.cell}, the same variant")
        said = run.variants.get(record.variant, {}).get("simulated", False)
        if record is known and bool(record.proof.get("simulated", False)) != said:
            yield Finding(record.cell, f"its proof says simulated: {not said}, the run {said}")
