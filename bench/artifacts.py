"""Makes a variant's folder once, and again only when what decides it changes."""

from __future__ import annotations

import hashlib
import inspect
import json
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path
from time import perf_counter

from filelock import FileLock, Timeout

from bench import stdlib_text
from bench.catalog import Catalog
from bench.commit import digest
from bench.errors import MakeFailed, MakeKilled, Misuse
from bench.gpus import names
from bench.machine import installed, versions
from bench.manifest import MANIFEST, Manifest
from bench.needs import EITHER
from bench.source import Source
from bench.tunable import plain
from bench.variant import NAME, Variant

MATTER = ("torch", "transformers", "safetensors", "tokenizers", "onnxruntime", "tensorrt")
"""Packages whose version changes what a recipe writes."""

DRAFT = ".draft"
PATIENCE = 1.0
"""Seconds that a wait for another session may take before it is spoken of."""
OURS = re.compile(rf"{NAME.pattern}-[0-9a-f]{{16}}({re.escape(DRAFT)})?")
"""The names of folders that we make."""
Maker = Callable[[Variant, Path, Path], None]
"""(variant, base's folder, draft) -> fills the draft, in a process of its own."""


Look = tuple[tuple[str, int, int], ...]
"""Every file's name, size and time: enough to know one that has not been touched since."""


@dataclass(frozen=True)
class Artifacts:
    """The made folders below `root`."""

    root: Path
    catalog: Catalog
    source: Source
    maker: Maker
    say: Callable[[str], None] = print
    deterministic: bool = False
    """Whether the maker is: the same recipe may then write other bits, so into another folder."""
    _checked: dict[Path, Look] = field(default_factory=dict)

    def folder(self, variant: Variant) -> Path:
        """What `variant.load` reads, made first where it is missing or damaged."""
        base = self._base_folder(variant)
        if variant.make is None:
            return base / variant.part
        ready = self.place(variant)
        with self._locked(ready):
            if ready.exists() and self._sound(variant, ready):
                return ready
            self._make(variant, base, ready)
        return ready

    def place(self, variant: Variant) -> Path:
        """Where its folder is or would be; for a variant without `make`, its base's."""
        if variant.make is None and variant.base is not None:
            return self.place(self.catalog.get(variant.base))
        return self.root / f"{variant.name}-{self.fingerprint(variant)[:16]}"

    def fingerprint(self, variant: Variant) -> str:
        """Of its recipe file, runtime, options, base, the teacher's content and the versions.

        And of `deterministic`, where that is set.
        """
        parts = [variant.name, json.dumps(plain(variant.options), sort_keys=True, default=str)]
        parts += [self._recipe_digest(variant), self._versions, _versions_of(variant.needs)]
        if "cuda" in variant.needs:
            parts.append(json.dumps(names()))  # an engine fits the GPU that it was built on
        if variant.trains:
            parts += [platform.python_version(), digest([Path(stdlib_text.__file__)])]
        if variant.reads:
            parts.append(digest(variant.reads(variant.options)))
        if variant.base is None:
            parts.append(self.source_digest)
        if self.deterministic:
            parts.append("deterministic")
        parts += [self.fingerprint(self.catalog.get(name)) for name in variant.sources]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _base_folder(self, variant: Variant) -> Path:
        if variant.base is None:
            return self.source.path
        return self.folder(self.catalog.get(variant.base))

    def _make(self, variant: Variant, base: Path, ready: Path) -> None:
        draft = ready.with_name(ready.name + DRAFT)
        try:
            if not variant.resumes:
                shutil.rmtree(draft, ignore_errors=True)  # a killed session's
            draft.mkdir(parents=True, exist_ok=True)
            self._lay_beside(variant, draft)
            began = perf_counter()
            self.maker(variant, base, draft)
            seconds = perf_counter() - began
            made_of = (self.fingerprint(variant), self.source_digest)
            Manifest.of(draft, variant.name, *made_of, seconds).write(draft)
            draft.rename(ready)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise MakeFailed(f"{variant.name}: {draft}: {error.strerror or error}") from None
        except BaseException as error:
            # What was interrupted or killed can go on from there; what failed starts anew.
            failed = isinstance(error, MakeFailed) and not isinstance(error, MakeKilled)
            if failed or not variant.resumes:
                shutil.rmtree(draft, ignore_errors=True)
            raise

    def _lay_beside(self, variant: Variant, draft: Path) -> None:
        """Copies, so that a folder which is pruned takes nothing from another."""
        for name in variant.beside:
            folder = self.folder(self.catalog.get(name))
            leave_out = shutil.ignore_patterns(MANIFEST)
            shutil.copytree(folder, draft / name, ignore=leave_out, dirs_exist_ok=True)

    def _sound(self, variant: Variant, ready: Path) -> bool:
        look = _look(ready)
        if self._checked.get(ready) == look:  # hashing gigabytes once a process is enough
            return True
        wrong = Manifest.damage(ready)
        if wrong is None:
            self._checked[ready] = look
            return True
        self.say(f"{variant.name}: {wrong}; it is made again")
        shutil.rmtree(ready)
        return False

    @contextmanager
    def _locked(self, ready: Path) -> Iterator[None]:
        lock = FileLock(ready.with_name(ready.name + ".lock"))
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            self.say(f"waiting for another session that makes {ready.name}")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def check_writable(self) -> None:
        """Raises Misuse where nothing could be made."""
        probe = self.root / ".writable"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise Misuse(
                f"the artifacts folder {self.root} cannot be written: {error.strerror}; "
                "name another with --artifacts"
            ) from None

    @cached_property
    def source_digest(self) -> str:
        """Of the user's own model: every file that makes it."""
        return self.source.fingerprint

    @cached_property
    def _versions(self) -> str:
        found = versions()
        return json.dumps({name: found.get(name) for name in MATTER})

    def _recipe_digest(self, variant: Variant) -> str:
        """Of the declaring file and of what stands in any package's recipes/ and runtimes/."""
        own = Path(inspect.getfile(variant.make or variant.load))
        roots = [root for name in self.catalog.packages for root in import_module(name).__path__]
        shared = [
            file
            for root in roots
            for room in ("recipes", "runtimes")
            for file in sorted(Path(root, room).glob("*.py"))
        ]
        return digest([own, *shared])


def made(root: Path) -> Iterator[tuple[Path, Manifest | None]]:
    """Every folder of ours below `root`: with its manifest, or None where that is damaged.

    What a killed session left half made counts as damaged.
    """
    for folder in sorted(root.glob("*-*")):
        if folder.is_dir() and OURS.fullmatch(folder.name):
            yield folder, Manifest.read(folder)


def disk_use(folder: Path) -> int:
    """Bytes of all files in it, the manifest included."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def remove(folder: Path) -> bool:
    """Remove a folder of ours; False where a session is busy with it."""
    lock = FileLock(folder.with_name(folder.name.removesuffix(DRAFT) + ".lock"), timeout=0)
    try:
        with lock:
            shutil.rmtree(folder)
    except Timeout:
        return False
    return True


def _versions_of(needs: tuple[str, ...]) -> str:
    """Of the packages that hold the modules in `needs`."""
    modules = [name for need in needs for name in need.split(EITHER)]
    return json.dumps({name: installed(name) for name in modules}, sort_keys=True)


def _look(folder: Path) -> Look:
    stats = sorted((str(file), file.stat()) for file in folder.rglob("*"))
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
