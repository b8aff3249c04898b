"""`weighbridge gate BASE.json CANDIDATE.json`: judges stored runs, by an exit code for CI."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from bench.errors import BenchError
from bench.files import check_target, write_atomically
from bench.reading import read
from reports.bulletin import check_markdown, print_outcome, publish
from reports.finding import PASSED, USAGE, Outcome
from reports.judge import judge_runs
from reports.policy import read_policy

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

EXITS = "exit codes: 0 passed, 10 a regression, 11 cannot tell, 12 a mistake in the call"


def add_gate(commands: Subparsers) -> None:
    """`weighbridge gate BASE.json CANDIDATE.json`."""
    parser = commands.add_parser(
        "gate",
        help="judge a run against an older one, with an exit code for CI",
        description="Judges a candidate against a baseline, for what stored runs can carry: exact "
        "metrics, paired quality, and timings of fresh processes on the same hardware. Timings of "
        "one process are inconclusive: `weighbridge ab` measures those.",
        epilog=EXITS,
    )
    parser.add_argument("base", type=Path, metavar="BASE.json", help="the run to hold to")
    parser.add_argument("candidate", type=Path, metavar="CANDIDATE.json", help="the run to judge")
    add_judging(parser)
    parser.add_argument("--accept", action="store_true",
                        help="where it passed and something improved, make the candidate the "
                        "new BASE.json")  # fmt: skip
    parser.set_defaults(command=partial(answering, gate))


def add_policy(parser: argparse.ArgumentParser) -> None:
    """The policy; a wrong call ends with 12 and not argparse's 2."""
    parser.add_argument("--policy", type=Path, metavar="gate.toml",
                        help="margins, tests and what blocks; the usual ones without")  # fmt: skip
    parser.error = partial(_refuse, parser)  # type: ignore[method-assign]


def add_judging(parser: argparse.ArgumentParser) -> None:
    """What every gate can be told."""
    add_policy(parser)
    parser.add_argument("--strict", action="store_true",
                        help="what is inconclusive or incomparable does not pass")  # fmt: skip
    parser.add_argument("--markdown", type=Path, metavar="PATH",
                        help="write a summary; in a GitHub job it goes to the job's own, "
                        "too")  # fmt: skip
    parser.add_argument("--verbose", action="store_true", help="show what is equivalent, too")


def answering(command: Callable[[argparse.Namespace], int], chosen: argparse.Namespace) -> int:
    """Run a gate's command; every mistake of the user's is one line and 12."""
    try:
        return command(chosen)
    except (BenchError, OSError) as error:
        print(f"weighbridge: error: {error}", file=sys.stderr)
        return USAGE


def gate(chosen: argparse.Namespace) -> int:
    """Judge, show, publish and perhaps accept."""
    check_markdown(chosen.markdown)
    policy = read_policy(chosen.policy)
    if chosen.accept:
        check_target(chosen.base)
    outcome = judge_runs(read(chosen.base), read(chosen.candidate), policy, chosen.strict)
    print_outcome(outcome, chosen.verbose)
    if not outcome.findings:
        print(f"{chosen.base} and {chosen.candidate} have no cell in common")
    publish(outcome, f"{chosen.candidate} against {chosen.base}", str(chosen.candidate),
            chosen.markdown)  # fmt: skip
    propose(outcome, chosen)
    return outcome.code


def propose(outcome: Outcome, chosen: argparse.Namespace) -> None:
    """A gain that is not taken up is lost: the next regression would eat it unseen."""
    if outcome.code != PASSED or not outcome.counts["improved"]:
        if chosen.accept:
            print(f"{chosen.base} stays: nothing improved, or the gate did not pass")
        return
    if unlike := outcome.counts["incomparable"] + outcome.counts["missing"]:
        print(f"it improved, and {chosen.base} stays: {unlike} of its figures are incomparable "
              "or missing, and would be held to no more")  # fmt: skip
        return
    if not chosen.accept:
        print(f"it improved: --accept makes {chosen.candidate} the new {chosen.base}")
        return
    write_atomically(chosen.base, chosen.candidate.read_text(encoding="utf-8"))
    print(f"{chosen.base} is now what {chosen.candidate} is")


def _refuse(parser: Any, message: str) -> NoReturn:
    parser.print_usage(sys.stderr)
    print(f"weighbridge: error: {message}", file=sys.stderr)
    raise SystemExit(USAGE)
