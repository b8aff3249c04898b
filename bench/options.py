"""What the plugin adds to pytest's command line and ini file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.settings import LISTS, OPTIONS


def add(parser: pytest.Parser) -> None:
    """All options of ours, in a group of their own."""
    group = parser.getgroup("weighbridge", "Weighbridge: variants of one language model")
    for option in OPTIONS:
        text = f"{option.help} (default: {option.default or 'see there'})"
        text = text.replace("%", "%%")  # argparse fills in what stands behind one
        kind: dict[str, Any] = {"metavar": option.metavar}
        if option.switch:
            kind = {"action": "store_const", "const": "yes"}
        if option.many:
            kind["action"] = "append"
        group.addoption(option.flag, dest=f"bench_{option.name}", help=text, **kind)
        parser.addini(option.ini, option.help, default=None)
    for key, (default, text) in LISTS.items():
        parser.addini(f"bench_{key}", f"{text} (default: {default})", type="args", default=None)
    _add_selection(group)


def _add_selection(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--variant",
        dest="bench_variant",
        metavar="NAMES",
        help="exactly these variants, such as int4,teacher",
    )
    group.addoption(
        "--chain",
        dest="bench_chain",
        metavar="A+B",
        action="append",
        default=[],
        help="also this chain of recipes, such as student+int4; repeatable",
    )
    group.addoption(
        "--all",
        dest="bench_all",
        action="store_true",
        help="all declared variants and suites, not the default set",
    )
    for axis in ("batch", "prompt", "new"):
        group.addoption(
            f"--{axis}",
            dest=f"bench_{axis}",
            metavar="N,N",
            help=f"the grid's {axis} axis, in place of the suites' own",
        )
    group.addoption("--make-only", dest="bench_make_only", action="store_true",
                    help="make what the selected cells need, measure nothing")  # fmt: skip
    group.addoption(
        "--resume",
        dest="bench_resume",
        action="store_true",
        help="go on with a session that broke off: its cells do not run again",
    )


def any_given(config: pytest.Config) -> bool:
    """Whether the command line names one of ours, so that it is ours to check at once."""
    names = [f"bench_{option.name}" for option in OPTIONS]
    names += ["bench_variant", "bench_chain", "bench_all", "bench_batch", "bench_prompt"]
    names += ["bench_new", "bench_make_only", "bench_resume"]
    return any(config.getoption(name) for name in names)


def allow_bare_json(parser: pytest.Parser) -> None:
    """Let `--benchmark-json` stand alone and mean run.json; pytest-benchmark wants a path."""
    for option in parser.getgroup("benchmark").options:
        if "--benchmark-json" in option.names():
            option.attrs().update(nargs="?", const=Path("run.json"))
