"""`weighbridge merge`: parts of one grid, measured in several sessions, become one run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import BadRun, Misuse
from bench.files import check_target, write_atomically
from bench.reading import parse, run_of
from reports.check import findings
from reports.merging import Part, merged

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_merge(commands: Subparsers) -> None:
    """`weighbridge merge PART.json PART.json ... -o RUN.json`."""
    text = "make one run of the parts of one grid"
    parser = commands.add_parser(
        "merge",
        help=text,
        description=f"{text}: measured by -k, on equal GPUs or on equal machines. Each cell keeps "
        "its part among its facts. Parts of other hardware, software, text or teacher are refused, "
        "and so is a cell that two parts hold with different figures.",
    )
    parser.add_argument("parts", type=Path, nargs="+", metavar="PART.json", help="run files")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="RUN.json", help="the whole run"
    )
    parser.set_defaults(command=merge_runs)


def merge_runs(chosen: argparse.Namespace) -> int:
    """Write the whole run, or nothing where it would not be sound."""
    check_target(chosen.output)
    if chosen.output.resolve() in {path.resolve() for path in chosen.parts}:
        raise Misuse(f"-o {chosen.output} is one of the parts; name another file")
    parts = [_part(path) for path in chosen.parts]
    document = merged(parts)
    wrong = next(iter(findings(document)), None)
    if wrong:
        raise BadRun(f"the merged run would not be sound: {wrong}; `weighbridge check` each part")
    write_atomically(chosen.output, json.dumps(document, indent=1, allow_nan=False) + "\n")
    cells = len(run_of(document).records)
    print(f"{chosen.output}: {cells} cells of {len(parts)} parts")
    return 0


def _part(path: Path) -> Part:
    document = parse(path)
    return Part(name=str(path), document=document, run=run_of(document, path))
