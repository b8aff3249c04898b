"""What the command line selects: variants, chains and the grid, before pytest's own -k and -m."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from bench.catalog import Catalog
from bench.cell import PARAMETER
from bench.needs import why_not
from bench.parsing import axis
from bench.settings import LISTS, words
from bench.workload import Grid, Workload


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What the command line selects, before pytest's own -k and -m."""

    variants: tuple[str, ...]
    """Exactly these; empty: the default set, or all where `widened`."""
    chains: tuple[str, ...]
    widened: bool
    every_suite: bool
    words: tuple[str, ...]
    """Of -k, in small letters: a suite on request runs where one names it."""
    default_variants: tuple[str, ...]
    default_suites: tuple[str, ...]
    batch: tuple[int, ...] | None
    prompt: tuple[int, ...] | None
    new: tuple[int, ...] | None

    @classmethod
    def of(cls, config: pytest.Config) -> Selection:
        """From the command line and the ini file. Raises Misuse."""
        say = config.getoption
        exact = _words(say("bench_variant"))
        return cls(
            variants=exact,
            chains=tuple(word for chain in say("bench_chain") for word in _words(chain)),
            widened=bool(exact or say("bench_all") or say("keyword") or say("markexpr")),
            every_suite=bool(say("bench_all") or say("markexpr")),
            words=_keywords(say("keyword") or ""),
            default_variants=_ini(config, "default_variants"),
            default_suites=_ini(config, "default_suites"),
            batch=axis("--batch", say("bench_batch")),
            prompt=axis("--prompt", say("bench_prompt")),
            new=axis("--new", say("bench_new")),
        )

    def names(self, catalog: Catalog) -> Iterator[str]:
        """The variants to parametrize over, each known to be sound. Raises Misuse."""
        chosen = self.variants or (
            tuple(catalog.declared) if self.widened else self.default_variants
        )
        for name in dict.fromkeys([*chosen, *self.chains]):
            yield catalog.get(name).name

    def workloads(self, grid: Grid) -> list[Workload]:
        """A suite's grid under the command line's axes, fully crossed."""
        crossed = replace(grid, batch=self.batch or grid.batch, prompt=self.prompt or grid.prompt)
        if grid.new and self.new:
            crossed = replace(crossed, new=self.new)
        return list(crossed.workloads())

    def as_arguments(self) -> Iterator[str]:
        """The grid's axes for a child's command line."""
        for flag, values in (("batch", self.batch), ("prompt", self.prompt), ("new", self.new)):
            if values:
                yield f"--{flag}={','.join(map(str, values))}"


def parametrize(
    metafunc: pytest.Metafunc, selection: Selection, catalog: Catalog, device: str
) -> None:
    """One cell for every selected variant, times the suite's GRID where it has one."""
    names = [
        pytest.param(name, id=name, marks=_skip(catalog, name, device))
        for name in selection.names(catalog)
    ]
    metafunc.parametrize(PARAMETER, names, indirect=True, scope="session")
    grid = getattr(metafunc.module, "GRID", None)
    own = any(
        "workload" in str(mark.args[:1]) for mark in metafunc.definition.iter_markers("parametrize")
    )
    if "workload" in metafunc.fixturenames and isinstance(grid, Grid) and not own:
        loads = selection.workloads(grid)
        metafunc.parametrize("workload", loads, ids=[str(load) for load in loads])


def _skip(catalog: Catalog, name: str, device: str) -> list[pytest.MarkDecorator]:
    for variant in catalog.line(catalog.get(name)):
        if reason := why_not(variant, device):
            return [pytest.mark.skip(reason=reason)]
    return []


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())


def _keywords(expression: str) -> tuple[str, ...]:
    found = re.findall(r"[^\s()]+", expression.lower())
    return tuple(word for word in found if word not in ("and", "or", "not"))


def _ini(config: pytest.Config, key: str) -> tuple[str, ...]:
    return words(config.getini(f"bench_{key}") or LISTS[key][0])
