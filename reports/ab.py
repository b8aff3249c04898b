"""`weighbridge ab --base REF --head REF -- ARGUMENTS`: measures both here, in turns, and judges."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from bench.armed import Arm, ArmFailed
from bench.configuration import here
from bench.errors import Misuse
from bench.files import check_target
from bench.journal import beside, held
from bench.pair import Effort
from bench.parsing import positive, seconds
from reports.bulletin import check_markdown, print_outcome, publish
from reports.clockless import Clockless
from reports.finding import CANNOT_TELL, Outcome
from reports.gate import EXITS, add_judging, answering
from reports.pairing import Pairing, refuse_nothing
from reports.policy import read_policy
from reports.refs import folder_of, refuse_unsaved
from reports.stored import Book, outcome_json
from reports.trial import Trial

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

INTERRUPTED = 130
OF_A_SESSION = ("--benchmark-json", "--report", "--history", "--gate")
"""Options of pytest that want a whole run."""


def add_ab(commands: Subparsers) -> None:
    """`weighbridge ab`."""
    parser = commands.add_parser(
        "ab",
        help="measure two states of the code against each other, here and now",
        description="Measures two states of the variants in pairs of fresh processes that take "
        "turns: every cell by two pairs, suspects by eight more; sizes and losses by one session "
        "each. The refs supply the packages of "
        "variants; this Weighbridge, the suites and the settings of this folder measure both.",
        epilog=f"{EXITS}, {INTERRUPTED} interrupted",
    )
    parser.add_argument("--base", default="HEAD", metavar="REF",
                        help="what to hold to: a commit, branch, tag or folder (HEAD)")  # fmt: skip
    parser.add_argument("--head", default=".", metavar="REF",
                        help="what to judge; . is this folder as it is (.)")  # fmt: skip
    parser.add_argument("--base-python", metavar="PYTHON",
                        help="another interpreter for the base, with this Weighbridge "
                        "installed: compares two versions of a library")  # fmt: skip
    add_effort(parser, Path("ab.json"))
    add_judging(parser)
    parser.set_defaults(command=partial(answering, interruptible(ab)))


def add_effort(parser: argparse.ArgumentParser, output: Path) -> None:
    """How much is measured, what is measured, and where it goes."""
    parser.add_argument("-o", "--output", type=Path, default=output, metavar="PATH",
                        help=f"the pairs and the verdicts ({output})")  # fmt: skip
    parser.add_argument("--blocks", default="8", metavar="N",
                        help="blocks of four turns that a cell gets in a pair (8)")  # fmt: skip
    parser.add_argument("--turn", default="20ms", metavar="TIME",
                        help="how long a turn lasts at least (20ms)")  # fmt: skip
    parser.add_argument("arguments", nargs="*", metavar="-- ARGUMENTS",
                        help="of pytest: which cells, as in -- suites -k decode")  # fmt: skip


def ab(chosen: argparse.Namespace) -> int:
    """Screen, confirm, judge, show, keep."""
    check_markdown(chosen.markdown)
    policy, effort = read_policy(chosen.policy), effort_of(chosen)
    with ExitStack() as stack:
        arms = _arms(chosen, stack)
        pairing = Pairing.of(arms, effort)
        refuse_nothing(pairing)
        pairing.check(policy)
        book = open_book(chosen.output, pairing)
        trial = Trial(cells=pairing.cells, policy=policy, measure=pairing.measurer(book),
                      absent=pairing.absent)  # fmt: skip
        if pairing.cells:
            trial.run()
        still = Clockless.weighed(pairing, book, policy)
    timed = trial.outcome(chosen.strict)
    findings, left = (*timed.findings, *still.findings), (*pairing.left, *still.left)
    outcome = replace(timed, findings=findings, left=left)
    finish(book, outcome, trial)
    print_outcome(outcome, chosen.verbose)
    print(f"{trial.pairs_a_cell():.2f} pairs a cell; kept in {chosen.output}")
    publish(outcome, f"{chosen.head} against {chosen.base}", str(chosen.output), chosen.markdown)
    return outcome.code


def effort_of(chosen: argparse.Namespace) -> Effort:
    """Checked. Raises Misuse."""
    return Effort(blocks=positive("blocks", chosen.blocks), turn=seconds("turn", chosen.turn))


def arguments_of(chosen: argparse.Namespace) -> list[str]:
    """What pytest is told; without a word, the installed suites. Raises Misuse."""
    for word in chosen.arguments:
        if word.partition("=")[0] in OF_A_SESSION:
            raise Misuse(f"{word}: the sessions of ab and aa are parts of a comparison, and leave "
                         "no run; -o keeps all that they measure")  # fmt: skip
    return list(chosen.arguments) or ["--pyargs", "suites"]


def open_book(path: Path, pairing: Pairing) -> Book:
    """The journal, gone on with where there is one."""
    book = Book.open(path, pairing.same)
    if book.taken:
        print(f"{book.taken} pairs are taken from the journal of {path}", file=sys.stderr)
    return book


def finish(book: Book, outcome: Outcome, trial: Trial) -> None:
    """Write the whole file."""
    book.finish({"outcome": outcome_json(outcome), "pairs_a_cell": trial.pairs_a_cell()})


def interruptible(
    command: Callable[[argparse.Namespace], int],
) -> Callable[[argparse.Namespace], int]:
    """The command, with what becomes of it on Ctrl-C, a SIGTERM, and where an arm fails."""

    def run(chosen: argparse.Namespace) -> int:
        check_target(chosen.output)
        with _terminated_as_interrupted(), held(beside(chosen.output), "-o", _say):
            try:
                return command(chosen)
            except ArmFailed as error:
                print(f"weighbridge: error: {error}", file=sys.stderr)
                return CANNOT_TELL
            except KeyboardInterrupt:
                print("weighbridge: interrupted; the pairs that ended are kept, and the same "
                      "command goes on", file=sys.stderr)  # fmt: skip
                return INTERRUPTED

    return run


def _say(line: str) -> None:
    print(f"weighbridge: {line}", file=sys.stderr)


def _arms(chosen: argparse.Namespace, stack: ExitStack) -> tuple[Arm, Arm]:
    """Both arms; the folders live as long as `stack`."""
    if note := refuse_unsaved(chosen.base, chosen.head):
        _say(note)
    packages, words = here(lambda _: None).packages, arguments_of(chosen)
    folders = [stack.enter_context(folder_of(ref, packages)) for ref in (chosen.base, chosen.head)]
    return (
        Arm(name="base", folder=folders[0], arguments=words, python=_python(chosen.base_python)),
        Arm(name="head", folder=folders[1], arguments=words),
    )


def _python(said: str | None) -> str:
    if said is None:
        return sys.executable
    if not (found := which(said)):
        raise Misuse(f"--base-python {said}: no such program")
    command = [found, "-c", "import bench.arm, bench.plugin"]
    tried = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if tried.returncode:
        lines = (tried.stderr or tried.stdout).strip().splitlines()
        raise Misuse(f"--base-python {said} holds no Weighbridge to measure with: "
                     f"{lines[-1] if lines else tried.returncode}")  # fmt: skip
    return found


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A SIGTERM would leave worktrees and children behind."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
