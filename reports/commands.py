"""The subcommands that look at variants and at the folders they were made into."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from bench import configuration
from bench.artifacts import Artifacts, disk_use, made
from bench.catalog import Catalog
from bench.errors import BenchError
from bench.manifest import Manifest
from bench.needs import why_not
from bench.settings import OPTIONS, Settings
from bench.source import resolve
from bench.tunable import range_of, written
from bench.variant import Variant
from reports.listing import print_rows
from reports.pruning import add_pruning, prune
from reports.units import quantity

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_variants(commands: Subparsers) -> None:
    """`weighbridge variants`."""
    parser = commands.add_parser(
        "variants",
        help="list the variants: what each is made from, what it needs, what is made",
        description="Lists every declared variant, for the teacher that --teacher names; of those "
        "named, the options that --set changes.",
    )
    parser.add_argument("name", nargs="*", metavar="NAME", help="show the options of these")
    add_settings(parser, ("teacher", "device", "artifacts", "set"))
    parser.set_defaults(command=show_variants)


def show_variants(chosen: argparse.Namespace) -> int:
    """One row a variant."""
    settings = settings_of(chosen)
    catalog = Catalog.of(settings.packages, settings.set)
    if chosen.name:
        return show_options([catalog.get(name) for name in chosen.name])
    artifacts = artifacts_of(settings, catalog)
    rows = [
        [name, catalog.get(name).base or "", why_not(catalog.get(name), settings.device) or "met",
         *_made(artifacts, catalog.get(name)), catalog.get(name).summary]
        for name in sorted(catalog.declared)
    ]  # fmt: skip
    print_rows(("variant", "base", "needs", "made", "size", "summary"), rows)
    return 0


def show_options(variants: Sequence[Variant]) -> int:
    """One row an option: its value, what it may be, and what it means."""
    rows = [
        [f"{variant.name}.{one.name}", written(getattr(variant.options, one.name)),
         str(range_of(one)), range_of(one).help]
        for variant in variants if variant.options is not None
        for one in fields(variant.options)
    ]  # fmt: skip
    print_rows(("option", "value", "allowed", "meaning"), rows, nothing="they have no options")
    return 0


def add_artifacts(commands: Subparsers) -> None:
    """`weighbridge artifacts list|verify|prune`."""
    parser = commands.add_parser(
        "artifacts",
        help="list, verify or prune the folders that variants were made into",
        description="Looks after the folders that variants were made into.",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, action, text in (
        ("list", list_artifacts, "every made folder, its size and date"),
        ("verify", verify_artifacts, "check every file against its sha256; 1 where one is damaged"),
        (
            "prune",
            prune_artifacts,
            "remove damaged folders, and this teacher's that no recipe of today would use",
        ),
    ):
        one = actions.add_parser(name, help=text, description=text)
        add_settings(one, ("artifacts",))
        if action is prune_artifacts:
            add_settings(one, ("teacher", "set"))
            add_pruning(one)
        one.set_defaults(command=action)


def list_artifacts(chosen: argparse.Namespace) -> int:
    """One row a folder."""
    root = settings_of(chosen).artifacts
    rows = [
        [manifest.variant, manifest.made, _size(manifest), folder.name]
        if manifest
        else ["?", "damaged", "", folder.name]
        for folder, manifest in made(root)
    ]
    if rows:
        print(f"in {root}:")
    print_rows(("variant", "made", "size", "folder"), rows, nothing=f"nothing is made in {root}")
    if rows:
        print(f"together {quantity(sum(disk_use(folder) for folder, _ in made(root)), 'B')}")
    return 0


def verify_artifacts(chosen: argparse.Namespace) -> int:
    """Name every damaged folder; 1 where there is one."""
    found = [(folder, Manifest.damage(folder)) for folder, _ in made(settings_of(chosen).artifacts)]
    for folder, damage in found:
        print(f"{'damaged' if damage else 'sound'}: {damage or folder}")
    return 1 if any(damage for _, damage in found) else 0


def prune_artifacts(chosen: argparse.Namespace) -> int:
    """Remove what is damaged, of another day, too old or too much."""
    settings = settings_of(chosen)
    return prune(chosen, artifacts_of(settings, Catalog.of(settings.packages, settings.set)))


def add_settings(parser: argparse.ArgumentParser, names: tuple[str, ...]) -> None:
    """The options of these names, as pytest has them."""
    for option in OPTIONS:
        if option.name in names:
            parser.add_argument(
                option.flag,
                dest=option.name,
                metavar=option.metavar,
                action="append" if option.many else "store",
                help=option.help.replace("%", "%%"),
            )


def settings_of(chosen: argparse.Namespace) -> Settings:
    """From the call, the environment and the project's ini file. Raises Misuse."""
    return configuration.here(lambda name: getattr(chosen, name, None))


def artifacts_of(settings: Settings, catalog: Catalog) -> Artifacts:
    """The folders of the teacher that the settings name; to look at, nothing is made."""

    def refuse(variant: Variant, base: Path, draft: Path) -> None:
        raise BenchError(f"{variant.name} is not made here")

    source, careful = resolve(settings.teacher, catalog), settings.deterministic
    return Artifacts(settings.artifacts, catalog, source, refuse, deterministic=careful)


def _made(artifacts: Artifacts, variant: Variant) -> tuple[str, str]:
    manifest = Manifest.read(artifacts.place(variant))
    if variant.make is None:
        return "its base's", _size(manifest) if manifest else ""
    return ("yes", _size(manifest)) if manifest else ("no", "")


def _size(manifest: Manifest) -> str:
    return quantity(manifest.bytes, "B")
