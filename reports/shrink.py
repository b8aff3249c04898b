"""`weighbridge shrink`: the best form of a model that fits into a size, by its measured loss."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.artifacts import Artifacts
from bench.catalog import Catalog
from bench.confine import bytes_of
from bench.errors import BenchError, Misuse
from bench.files import check_target
from bench.manifest import Manifest, weight_file_bytes
from bench.needs import why_not
from bench.process import environment
from bench.reading import read
from bench.record import Run, Value
from bench.settings import Settings
from bench.variant import TEACHER
from reports.commands import add_settings, artifacts_of, settings_of
from reports.listing import print_rows
from reports.units import MISSING, Scale, figure, plus_minus, quantity, ratio

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

AMONG = ("half", "int8_weight", "int8", "awq", "int4", "student", "student+int8", "student+int4")
"""Forms and chains from mild to strong."""
SETTINGS = ("teacher", "text", "eval_tokens", "device", "threads", "artifacts", "set")
LOSS = Scale(1.0, "")
RELATIVE = re.compile(r"(\d*\.?\d+)\s*[x×]")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One form: its size, and what it lost where it was worth measuring."""

    name: str
    size: int | None = None
    fits: bool = False
    loss: Value | None = None
    why_not: str = ""


def add_shrink(commands: Subparsers) -> None:
    """`weighbridge shrink --to SIZE`."""
    parser = commands.add_parser(
        "shrink",
        help="find the form or chain with the least loss that fits into a size",
        description="Makes forms and chains from mild to strong, measures the loss of those whose "
        "weights fit into the size on disk, and names the best. 1 where none fits.",
    )
    parser.add_argument("--to", required=True, metavar="SIZE",
                        help="such as 200MB, or 0.15x of the teacher")  # fmt: skip
    parser.add_argument("--among", metavar="NAMES", default=",".join(AMONG),
                        help="the forms and chains to try, parted by commas")  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, default=Path("shrink.json"),
                        metavar="RUN.json", help="where the run of their losses goes")  # fmt: skip
    add_settings(parser, SETTINGS)
    parser.set_defaults(command=shrink)


def shrink(chosen: argparse.Namespace) -> int:
    """Make, weigh, measure what fits, and say which is best."""
    settings = settings_of(chosen)
    catalog = Catalog.of(settings.packages, settings.set)
    names = [word.strip() for word in chosen.among.split(",") if word.strip()]
    unmet = {name: _unmet(catalog, settings, name) for name in names}
    check_target(chosen.output)
    limit = share_or_bytes(chosen.to)
    able = [name for name in names if not unmet[name]]
    _session(settings, [TEACHER, *able], ["--make-only"])
    artifacts = artifacts_of(settings, catalog)
    whole = _size(artifacts, catalog, TEACHER)
    if whole is None:
        raise BenchError("the teacher could not be made; the lines above say why")
    most = int(limit * whole) if isinstance(limit, float) else limit
    tried = [_weighed(artifacts, catalog, name, unmet[name], most) for name in names]
    fitting = [one.name for one in tried if one.fits]
    if fitting:
        wanted = [f"--benchmark-json={chosen.output}", "-k", "quality"]
        _session(settings, [TEACHER, *fitting], wanted)
        run = read(chosen.output)
        tried = [measured(one, run) for one in tried]
    return _show(tried, whole, most)


def share_or_bytes(text: str) -> int | float:
    """`0.15x` as a share, `200MB` as bytes. Raises Misuse."""
    found = RELATIVE.fullmatch(text.strip())
    if found is None:
        return bytes_of(text, "to")
    if not 0 < float(found[1]) <= 1:
        raise Misuse(f"--to {text!r} is no share of the teacher between 0x and 1x")
    return float(found[1])


def measured(one: Tried, run: Run) -> Tried:
    """With the loss that the run has of it, or why it has none."""
    record = run.by_cell.get(f"quality[{one.name}]")
    if not one.fits:
        return one
    value = record.values.get("loss_difference") if record and record.figured else None
    why = "" if value else (record.message or record.status if record else "not measured")
    return Tried(name=one.name, size=one.size, fits=True, loss=value, why_not=why)


def best(tried: Iterable[Tried]) -> Tried | None:
    """That with the least loss of those that fit; None where no loss was measured."""
    known = [one for one in tried if one.fits and one.loss and one.loss.value is not None]
    return min(known, key=lambda one: (one.loss.value, one.size), default=None)  # type: ignore[union-attr]


def equals(winner: Tried, tried: Iterable[Tried]) -> list[str]:
    """Others that fit and whose loss's interval reaches down to the winner's."""
    top = winner.loss.high if winner.loss else None
    return [
        one.name
        for one in tried
        if one is not winner and one.fits and one.loss and one.loss.low is not None
        and top is not None and one.loss.low <= top
    ]  # fmt: skip


def _unmet(catalog: Catalog, settings: Settings, name: str) -> str:
    line = catalog.line(catalog.get(name))
    return next((why for one in line if (why := why_not(one, settings.device))), "")


def _session(settings: Settings, names: Sequence[str], more: Sequence[str]) -> None:
    """pytest on our suites; what a variant's own cells come to is read from the run."""
    ours = ("-p", "bench.plugin", "-p", "reports.plugin")
    line = [sys.executable, "-m", "pytest", "-q", *ours, "--pyargs", "suites",
            *settings.as_arguments(), f"--variant={','.join(names)}", *more]  # fmt: skip
    code = subprocess.run(line, env=environment(settings.threads), check=False).returncode
    if code not in (0, 1):
        raise BenchError(f"pytest ended with {code}; the lines above say why")


def _size(artifacts: Artifacts, catalog: Catalog, name: str) -> int | None:
    place = artifacts.place(catalog.get(name))
    return weight_file_bytes(place) if Manifest.read(place) else None


def _weighed(artifacts: Artifacts, catalog: Catalog, name: str, unmet: str, most: int) -> Tried:
    if unmet:
        return Tried(name=name, why_not=unmet)
    size = _size(artifacts, catalog, name)
    if size is None:
        return Tried(name=name, why_not="could not be made")
    return Tried(name=name, size=size, fits=size <= most)


def _show(tried: Sequence[Tried], whole: int, most: int) -> int:
    rows = [[one.name, *_cells(one, whole)] for one in tried]
    heads = ("variant", "size", "of teacher", "fits", "loss difference, nat/tok")
    print_rows(heads, rows)
    winner = best(tried)
    if winner is None or winner.size is None:
        sizes = {one.size: one.name for one in tried if one.size is not None}
        print(f"none fits into {quantity(most, 'B')}")
        if sizes:
            print(f"the smallest is {sizes[min(sizes)]}, {quantity(min(sizes), 'B')}")
        return 1
    print(f"best within {quantity(most, 'B')}: {winner.name} ({quantity(winner.size, 'B')}, "
          f"{ratio(winner.size / whole)} of the teacher)")  # fmt: skip
    if ties := equals(winner, tried):
        print(f"not surely better than {', '.join(ties)}: the intervals meet")
    return 0


def _cells(one: Tried, whole: int) -> list[str]:
    if one.size is None:
        return [MISSING, MISSING, "no", one.why_not]
    size = [quantity(one.size, "B"), ratio(one.size / whole), "yes" if one.fits else "no"]
    if one.loss is None or one.loss.value is None:
        return [*size, one.why_not or MISSING]
    value, low, high = one.loss.value, one.loss.low, one.loss.high
    shown = [figure(value, low, high, LOSS), plus_minus(value, low, high, LOSS)]
    return [*size, " ".join(shown).strip()]
