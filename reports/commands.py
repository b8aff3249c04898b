"""The subcommands that look at variants and at the folders they were made into."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bench import configuration
from bench.artifacts import Artifacts, made, remove
from bench.catalog import Catalog
from bench.errors import BenchError, Misuse
from bench.manifest import Manifest
from bench.needs import why_not
from bench.settings import OPTIONS, Settings
from bench.source import resolve
from bench.variant import Variant
from reports.listing import print_rows
from reports.units import quantity

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


def add_variants(commands: Subparsers) -> None:
    """`weighbridge variants`."""
    parser = commands.add_parser(
        "variants",
        help="list the variants: what each is made from, what it needs, what is made",
        description="Lists every declared variant, for the teacher that --teacher names.",
    )
    _add_settings(parser, ("teacher", "device", "artifacts", "set"))
    parser.set_defaults(command=show_variants)


def show_variants(chosen: argparse.Namespace) -> int:
    """One row a variant."""
    settings = _settings(chosen)
    catalog = Catalog.of(settings.packages, settings.set)
    artifacts = _artifacts(settings, catalog)
    rows = [
        [name, catalog.get(name).base or "", why_not(catalog.get(name), settings.device) or "met",
         *_made(artifacts, catalog.get(name)), catalog.get(name).summary]
        for name in sorted(catalog.declared)
    ]  # fmt: skip
    print_rows(("variant", "base", "needs", "made", "size", "summary"), rows)
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
        _add_settings(one, ("artifacts",))
        if action is prune_artifacts:
            _add_settings(one, ("teacher", "set"))
            one.add_argument("--all", action="store_true", help="remove every made folder")
            one.add_argument("--dry-run", action="store_true", help="only say what would go")
        one.set_defaults(command=action)


def list_artifacts(chosen: argparse.Namespace) -> int:
    """One row a folder."""
    root = _settings(chosen).artifacts
    rows = [
        [manifest.variant, manifest.made, _size(manifest), folder.name]
        if manifest
        else ["?", "damaged", "", folder.name]
        for folder, manifest in made(root)
    ]
    if rows:
        print(f"in {root}:")
    print_rows(("variant", "made", "size", "folder"), rows, nothing=f"nothing is made in {root}")
    return 0


def verify_artifacts(chosen: argparse.Namespace) -> int:
    """Name every damaged folder; 1 where there is one."""
    found = [(folder, Manifest.damage(folder)) for folder, _ in made(_settings(chosen).artifacts)]
    for folder, damage in found:
        print(f"{'damaged' if damage else 'sound'}: {damage or folder}")
    return 1 if any(damage for _, damage in found) else 0


def prune_artifacts(chosen: argparse.Namespace) -> int:
    """Remove what is damaged, and what was made from this teacher by recipes of another day."""
    settings = _settings(chosen)
    catalog = Catalog.of(settings.packages, settings.set)
    artifacts = _artifacts(settings, catalog)
    teacher = "" if chosen.all else artifacts.source.fingerprint
    for folder, manifest in made(settings.artifacts):
        if manifest and not chosen.all and not _outdated(artifacts, folder, manifest, teacher):
            continue
        if chosen.dry_run:
            print(f"would remove: {folder}")
        else:
            print(f"{'removed' if remove(folder) else 'busy, left alone'}: {folder}")
    return 0


def _outdated(artifacts: Artifacts, folder: Path, manifest: Manifest, teacher: str) -> bool:
    if Manifest.damage(folder):
        return True
    if manifest.teacher != teacher:
        return False  # another model's: not ours to judge
    try:
        return artifacts.place(artifacts.catalog.get(manifest.variant)) != folder
    except Misuse:  # no such recipe any more
        return True


def _add_settings(parser: argparse.ArgumentParser, names: tuple[str, ...]) -> None:
    for option in OPTIONS:
        if option.name in names:
            parser.add_argument(
                option.flag,
                dest=option.name,
                metavar=option.metavar,
                action="append" if option.many else "store",
                help=option.help.replace("%", "%%"),
            )


def _settings(chosen: argparse.Namespace) -> Settings:
    return configuration.here(lambda name: getattr(chosen, name, None))


def _artifacts(settings: Settings, catalog: Catalog) -> Artifacts:
    def refuse(variant: Variant, base: Path, draft: Path) -> None:
        raise BenchError(f"{variant.name} is not made here")

    return Artifacts(settings.artifacts, catalog, resolve(settings.teacher, catalog), refuse)


def _made(artifacts: Artifacts, variant: Variant) -> tuple[str, str]:
    manifest = Manifest.read(artifacts.place(variant))
    if variant.make is None:
        return "its base's", _size(manifest) if manifest else ""
    return ("yes", _size(manifest)) if manifest else ("no", "")


def _size(manifest: Manifest) -> str:
    return quantity(manifest.bytes, "B")
