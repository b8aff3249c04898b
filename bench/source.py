"""The user's own model: from what `--teacher` says to a folder or file that can be read."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.catalog import Catalog
from bench.errors import Misuse

WANTED = ("*.safetensors", "*.json", "tokenizer.model", "merges.txt", "vocab.txt")
ORIGIN = "origin.json"
"""Beside a teacher's weights: what they were before they were taken over."""
DEQUANTISED = (
    "the teacher's weights were once rounded to few bits: rounding them again to the same grid "
    "costs nothing, so the loss of few bits looks smaller than it is"
)
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")
HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?(@[\w./-]+)?")


@dataclass(frozen=True)
class Source:
    """A checkpoint that has been looked at but not loaded."""

    name: str
    path: Path
    """A folder with config.json and safetensors, or a .gguf file."""
    positions: int
    """The longest sequence that the model can take."""

    @property
    def fingerprint(self) -> str:
        """Of its content: every file that makes the model, by name and bytes."""
        digest = hashlib.sha256()
        for file in model_files(self.path):
            digest.update(file.name.encode())
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()


def model_files(path: Path) -> list[Path]:
    """The files of a checkpoint that are kept: never pickles, never code."""
    if path.is_file():
        return [path]
    found = {file for pattern in WANTED for file in path.glob(pattern) if file.is_file()}
    kept = _weights(path, {file for file in found if file.suffix == ".safetensors"})
    plain = {file for file in found if file.suffix != ".safetensors"}
    return sorted(kept | {file for file in plain if file.name != "training.json"})


def origin_warning(folder: Path) -> str | None:
    """What every figure that is set against the teacher in `folder` must be read with."""
    path = folder / ORIGIN
    known = path.is_file() and bool(_config(path).get("dequantised"))
    return DEQUANTISED if known else None


def _weights(folder: Path, found: set[Path]) -> set[Path]:
    """Those that transformers would read: some repositories carry the same weights twice."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        named = set(_config(index).get("weight_map", {}).values())
        return {file for file in found if file.name in named}
    one = folder / "model.safetensors"
    return {one} if one in found else found


def resolve(spec: str, catalog: Catalog) -> Source:
    """Find and check what `--teacher` names. Raises Misuse with the way out."""
    path = catalog.embedded(spec) or Path(spec).expanduser()
    if path.is_dir():
        return Source(spec, path, _positions_of_folder(path))
    if path.is_file():
        return Source(spec, path, _positions_of_gguf(path))
    looks_local = spec.startswith((".", "/", "~")) or spec.count("/") > 1 or spec.endswith(".gguf")
    if looks_local or not HUB_ID.fullmatch(spec):
        raise Misuse(f"--teacher {spec}: no such file or folder")
    folder = _download(spec)
    return Source(spec, folder, _positions_of_folder(folder))


def _positions_of_folder(folder: Path) -> int:
    if not (folder / "config.json").is_file():
        raise Misuse(f"--teacher {folder}: the folder holds no config.json, so it is no checkpoint")
    if not list(folder.glob("*.safetensors")):
        pickled = sorted(file.name for mask in PICKLED for file in folder.glob(mask))
        raise Misuse(
            f"--teacher {folder}: "
            + (
                f"only pickled weights ({pickled[0]}), which can run code when they are read; "
                "convert them where you trust them: "
                "AutoModelForCausalLM.from_pretrained(folder).save_pretrained(new_folder)"
                if pickled
                else "the folder holds no *.safetensors"
            )
        )
    for file in folder.glob("*.safetensors"):
        _check_safetensors(file)
    config = _config(folder / "config.json")
    if "auto_map" in config:
        raise Misuse(
            f"--teacher {folder}: its config asks to run the checkpoint's own code (auto_map), "
            "which Weighbridge never does; use a model that transformers has"
        )
    for key in ("n_positions", "max_position_embeddings", "max_seq_len", "seq_length"):
        if isinstance(config.get(key), int):
            return int(config[key])
    return 2**31


def _check_safetensors(path: Path) -> None:
    """Eight bytes of length, a JSON header, and as much data as it speaks of."""
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(min(length, path.stat().st_size)))
        ends = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
        whole = path.stat().st_size == 8 + length + max(ends, default=0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        whole = False
    if not whole:
        raise Misuse(
            f"--teacher: {path} is damaged or no safetensors file (a Git LFS pointer, or a "
            "download that was cut?)"
        )


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misuse(f"--teacher: {path} cannot be read as JSON: {error}") from None
    if not isinstance(config, dict):
        raise Misuse(f"--teacher: {path} holds no JSON object")
    return config


def _positions_of_gguf(path: Path) -> int:
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise Misuse(f"--teacher {path} cannot be read: {error.strerror}") from None
    if magic != b"GGUF":
        raise Misuse(
            f"--teacher {path} is no checkpoint: give a Hugging Face folder (config.json and "
            "*.safetensors) or a .gguf file"
        )
    try:
        from gguf import GGUFReader

        if find_spec("accelerate") is None:  # transformers asks for it, much later
            raise ImportError
        for name, field in GGUFReader(path).fields.items():
            if name.endswith(".context_length"):
                return int(field.contents())
    except ImportError:
        raise Misuse(
            f"--teacher {path}: reading GGUF needs gguf; pip install 'weighbridge[gguf]'"
        ) from None
    except (ValueError, IndexError, KeyError, OSError) as error:
        raise Misuse(f"--teacher {path} is a damaged GGUF file: {error}") from None
    return 2**31


def _download(spec: str) -> Path:
    from huggingface_hub import snapshot_download

    patterns = {"allow_patterns": list(WANTED), "ignore_patterns": ["*/*"]}
    repository, _, revision = spec.partition("@")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        return Path(snapshot_download(repository, revision=revision or None, **patterns))
    except Exception as error:  # the hub's many ways to fail, all the user's to fix
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise Misuse(
            f"--teacher {spec} is neither a file nor a folder here, and the hub does not give it: "
            f"{why}"
        ) from None
