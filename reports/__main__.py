"""The console command `weighbridge`: everything that starts from a run file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from bench.discovery import find
from bench.errors import BenchError, Misuse
from bench.files import check_target, write_atomically
from bench.reading import read
from reports.aa import add_aa
from reports.ab import add_ab
from reports.check import add_check
from reports.commands import add_artifacts, add_variants
from reports.compare import add_compare
from reports.delivery import aimed, rendered, send
from reports.gate import add_gate
from reports.history import add_history
from reports.merge import add_merge
from reports.report import Report
from reports.shrink import add_shrink

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; 2 for a mistake in the call, 1 for a file that is no run of ours."""
    try:
        chosen, unknown = build_parser().parse_known_args(argv)
        if unknown:  # by the subcommand's parser, which has an exit code of its own
            chosen.refuse(f"unrecognized arguments: {' '.join(unknown)}")
        return int(chosen.command(chosen) or 0)
    except (BenchError, OSError) as error:
        print(f"weighbridge: error: {error}", file=sys.stderr)
        return 2 if isinstance(error, Misuse) else 1


def build_parser() -> argparse.ArgumentParser:
    """The parser with every subcommand in COMMANDS."""
    parser = argparse.ArgumentParser(
        prog="weighbridge",
        description="Shows what `pytest suites` measured, and looks after what it made.",
    )
    parser.add_argument("--version", action="version", version=f"weighbridge {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(commands)
    for command in commands.choices.values():
        command.set_defaults(refuse=command.error)
    return parser


def add_report(commands: Subparsers) -> None:
    """`weighbridge report NAME RUN.json [-o TARGET]`."""
    known = find("reports", Report)
    listing = "\n".join(f"  {name:<12} {known[name].summary}" for name in sorted(known))
    parser = commands.add_parser(
        "report",
        help="show a run as a page, a table or rows",
        description=f"Shows a run, or sends it to a tracker. The reports:\n\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=sorted(known), metavar="NAME", help="which report")
    parser.add_argument("run", type=Path, metavar="RUN.json", help="a run file")
    parser.add_argument(
        "-o",
        "--output",
        metavar="TARGET",
        help="a file, and standard output without it; a tracker's URI, project or folder",
    )
    parser.set_defaults(command=show_report)


def show_report(chosen: argparse.Namespace) -> int:
    """Render the chosen report to a file or to standard output, or send the run to a tracker."""
    report = find("reports", Report)[chosen.name]
    if report.send is not None:
        target = aimed(report, chosen.output or "")
        print(send(report, read(chosen.run), target))
        return 0
    path = Path(chosen.output) if chosen.output else None
    if path:
        check_target(path)
    text = rendered(report, [read(chosen.run)])
    if path:
        write_atomically(path, text)
    else:
        sys.stdout.write(text)
    return 0


COMMANDS: tuple[Callable[[Subparsers], None], ...] = (
    add_report,
    add_check,
    add_compare,
    add_merge,
    add_history,
    add_gate,
    add_ab,
    add_aa,
    add_variants,
    add_artifacts,
    add_shrink,
)
"""Each adds its subparser and sets `command`: a function from the parsed call to an exit code."""


def _version() -> str:
    try:
        return version("weighbridge")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
