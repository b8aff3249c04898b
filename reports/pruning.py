"""Which made folders go: damaged ones, those of another day's recipes, the old, the too many."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.artifacts import Artifacts, disk_use, made, remove
from bench.confine import bytes_of
from bench.errors import Misuse
from bench.manifest import Manifest
from reports.units import quantity

Found = tuple[Path, Manifest | None]
AGES = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def add_pruning(parser: argparse.ArgumentParser) -> None:
    """What `weighbridge artifacts prune` can be told."""
    parser.add_argument("--all", action="store_true", help="remove every made folder")
    parser.add_argument(
        "--older-than", metavar="AGE", help="also what was made before, such as 30d"
    )
    parser.add_argument(
        "--to", metavar="SIZE", help="also the oldest, until what is left takes no more, as in 10GB"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")


def prune(chosen: argparse.Namespace, artifacts: Artifacts) -> int:
    """Remove them, or say what would go; a folder that a session is busy with stays."""
    oldest = None if chosen.older_than is None else datetime.now(UTC) - age(chosen.older_than)
    most = None if chosen.to is None else bytes_of(chosen.to, "to")
    folders = list(made(artifacts.root))
    other = replace(artifacts, deterministic=not artifacts.deterministic)
    going = [one for one in folders if chosen.all or outdated((artifacts, other), *one)]
    going += [one for one in folders if one not in going and oldest and _made(one) < oldest]
    if most is not None:
        going += beyond([one for one in folders if one not in going], most)
    freed = 0
    for folder, _ in going:
        size = disk_use(folder)
        if chosen.dry_run or remove(folder):
            freed += size
            print(f"{'would remove' if chosen.dry_run else 'removed'}: {folder}")
        else:
            print(f"busy, left alone: {folder}")
    print(f"{'would free' if chosen.dry_run else 'freed'} {quantity(freed, 'B')}")
    return 0


def age(text: str) -> timedelta:
    """`30d`, `12h` or `2w`. Raises Misuse."""
    found = re.fullmatch(r"(\d{1,5})([hdw])", text.strip())
    if found is None:
        raise Misuse(f"--older-than {text!r} is no age such as 12h, 30d or 2w")
    return int(found[1]) * AGES[found[2]]


def beyond(folders: Sequence[Found], most: int) -> list[Found]:
    """The oldest of `folders`, as many as must go until the rest takes at most `most` bytes."""
    left = sum(disk_use(folder) for folder, _ in folders)
    going = []
    for one in sorted(folders, key=_made):
        if left <= most:
            break
        going.append(one)
        left -= disk_use(one[0])
    return going


def outdated(kinds: Sequence[Artifacts], folder: Path, manifest: Manifest | None) -> bool:
    """Whether it is damaged, or this teacher's and no recipe of today would use it.

    Neither as it is made usually, nor deterministically.
    """
    if manifest is None or Manifest.damage(folder):
        return True
    if manifest.teacher != kinds[0].source_digest:
        return False  # another model's: not ours to judge
    try:
        variant = kinds[0].catalog.get(manifest.variant)
    except Misuse:  # no such recipe any more
        return True
    return all(kind.place(variant) != folder for kind in kinds)


def _made(found: Found) -> datetime:
    """When it was made; a damaged one long ago."""
    try:
        return (
            datetime.fromisoformat(found[1].made) if found[1] else datetime.min.replace(tzinfo=UTC)
        )
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
