"""What a made folder must hold, by sha256: a flipped byte is found before it is measured."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

MANIFEST = "manifest.json"
WEIGHTS = (".safetensors", ".onnx", ".data", ".plan", ".gguf", ".bin")
"""Endings of the files that hold weights."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Every file of a made folder, with its digest and size."""

    variant: str
    fingerprint: str
    teacher: str
    """Fingerprint of the user's model that it was made from."""
    made: str
    files: Mapping[str, tuple[str, int]]
    seconds: float | None = None
    """What making it took; None where nobody wrote it down."""

    @classmethod
    def of(
        cls,
        folder: Path,
        variant: str,
        fingerprint: str,
        teacher: str,
        seconds: float | None = None,
    ) -> Manifest:
        """Read and sum up what `folder` holds."""
        files = {str(file.relative_to(folder)): _entry(file) for file in _files(folder)}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        facts = {"variant": variant, "fingerprint": fingerprint, "teacher": teacher}
        return cls(**facts, made=now, files=files, seconds=seconds)

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The manifest in `folder`, or None where it is missing or unreadable."""
        try:
            data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            files = {str(name): (str(row[0]), int(row[1])) for name, row in data["files"].items()}
            return cls(**{**data, "files": files, "seconds": _seconds(data.get("seconds"))})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            return None

    @classmethod
    def damage(cls, folder: Path) -> str | None:
        """What is wrong with `folder`, in words that name the file; None where all is well."""
        manifest = cls.read(folder)
        if manifest is None:
            return f"{folder / MANIFEST} is missing or unreadable"
        if extra := {str(f.relative_to(folder)) for f in _files(folder)} - set(manifest.files):
            return f"{folder / min(extra)} is not in the manifest"
        for name, entry in manifest.files.items():
            file = folder / name
            if not file.is_file():
                return f"{file} is missing"
            if _entry(file) != entry:
                return f"{file} is damaged (its sha256 is not the manifest's)"
        return None

    def write(self, folder: Path) -> None:
        """Into `folder`, whose other files are complete."""
        text = json.dumps(asdict(self), indent=1)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(size for _, size in self.files.values())


def weight_file_bytes(folder: Path) -> int:
    """Bytes of the files in `folder` that hold weights."""
    return sum(file.stat().st_size for file in _files(folder) if file.suffix in WEIGHTS)


def _seconds(found: object) -> float | None:
    return float(found) if isinstance(found, (int, float)) else None


def _files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.rglob("*") if f.is_file() and f.name != MANIFEST)


def _entry(file: Path) -> tuple[str, int]:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return digest, file.stat().st_size
