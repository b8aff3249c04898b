"""`weighbridge compare`: runs side by side, by cell and by variant, on one machine or more."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import Misuse
from bench.files import check_target, write_atomically
from bench.skimming import no_collection, skim
from reports.compare_json import comparison_json
from reports.compare_markdown import comparison_markdown
from reports.compare_table import print_comparison
from reports.compared import comparison_page
from reports.comparison import Comparison, compare, named, why_nothing
from reports.names import sentence

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

FORMS: Mapping[str, Callable[[Comparison], str]] = {
    "html": comparison_page,
    "markdown": comparison_markdown,
    "json": lambda found: json.dumps(comparison_json(found), indent=1, allow_nan=False) + "\n",
}
"""What can be written beside the table, each by the option of its name."""
NOTHING = 1
"""The exit code where no figure could be set against another."""


def add_compare(commands: Subparsers) -> None:
    """`weighbridge compare A.json B.json [C.json ...]`."""
    text = "set runs side by side, by cell and by variant"
    parser = commands.add_parser(
        "compare",
        help=text,
        description=f"{text}: every other run against the first. On one kind of machine figures "
        "are compared directly, across machines by their ratios to each machine's own teacher. "
        "Ends with 1 where nothing could be compared.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN.json", help="two runs or more")
    for form in FORMS:
        parser.add_argument(f"--{form}", type=Path, metavar="PATH", help=f"write it as {form}, too")
    parser.set_defaults(command=compare_runs)


def compare_runs(chosen: argparse.Namespace) -> int:
    """Print the tables and write the files that were asked for."""
    wanted = {form: getattr(chosen, form) for form in FORMS if getattr(chosen, form)}
    _check(chosen.runs, list(wanted.values()))
    with no_collection():  # until all that was read is gone
        return _compare(chosen.runs, wanted)


def _compare(runs: list[Path], wanted: Mapping[str, Path]) -> int:
    found = compare(named([(path.stem, skim(path)) for path in runs]))
    found = replace(found, command=shlex.join(["weighbridge", "compare", *map(str, runs)]))
    print_comparison(found)
    for form, path in wanted.items():
        write_atomically(path, FORMS[form](found))
        print(f"{form}: {path}")
    if found.compared:
        return 0
    print(f"weighbridge: {sentence(why_nothing(found))}", file=sys.stderr)
    return NOTHING


def _check(runs: list[Path], targets: list[Path]) -> None:
    if len(runs) < 2:
        raise Misuse("compare needs two runs or more; `weighbridge report` shows one")
    sources = {path.resolve() for path in runs}
    places = [path.resolve() for path in targets]
    for path in targets:
        check_target(path)
        if path.resolve() in sources or places.count(path.resolve()) > 1:
            raise Misuse(f"{path} is named twice, and the second would replace the first")
