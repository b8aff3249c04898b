"""A made folder and what its manifest says of it."""

import hashlib
import json
from pathlib import Path

import pytest

from bench.manifest import MANIFEST, Manifest, weight_file_bytes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "model.safetensors").write_bytes(b"weights" * 100)
    (tmp_path / "sub" / "engine.plan").write_bytes(b"plan")
    (tmp_path / "config.json").write_text("{}")
    Manifest.of(tmp_path, "int4", "f" * 64, "e" * 64).write(tmp_path)
    return tmp_path


def test_it_holds_every_file_but_itself(folder: Path) -> None:
    found = Manifest.read(folder)
    assert found is not None
    assert found == Manifest.read(folder)
    digest = hashlib.sha256(b"weights" * 100).hexdigest()
    assert found.files["model.safetensors"] == (digest, 700)
    assert set(found.files) == {"model.safetensors", "sub/engine.plan", "config.json"}
    assert (found.variant, found.fingerprint, found.bytes) == ("int4", "f" * 64, 706)
    assert Manifest.damage(folder) is None


@pytest.mark.parametrize("at", [0, 350, 699])
def test_any_flipped_byte_is_found(folder: Path, at: int) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[at] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    assert f"{folder / 'model.safetensors'} is damaged" in str(Manifest.damage(folder))


def test_a_missing_or_shorter_file_is_found(folder: Path) -> None:
    (folder / "config.json").write_text("")
    assert "config.json is damaged" in str(Manifest.damage(folder))
    (folder / "config.json").unlink()
    assert f"{folder / 'config.json'} is missing" in str(Manifest.damage(folder))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"files": []}', '{"files": {"a": []}}', '{"files": {}, "x": 1}']
)
def test_a_manifest_that_is_none(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text)
    assert Manifest.read(folder) is None
    assert "missing or unreadable" in str(Manifest.damage(folder))


def test_a_binary_or_missing_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b"\xff\xfe")
    assert Manifest.read(folder) is None
    (folder / MANIFEST).unlink()
    assert Manifest.read(folder) is None


def test_it_is_plain_json(folder: Path) -> None:
    data = json.loads((folder / MANIFEST).read_text())
    assert sorted(data) == ["files", "fingerprint", "made", "seconds", "teacher", "variant"]


def test_only_weights_are_weighed(folder: Path) -> None:
    assert weight_file_bytes(folder) == 704


def test_a_file_that_nobody_made_is_found(folder: Path) -> None:
    (folder / "late.safetensors").write_bytes(b"x")
    assert Manifest.damage(folder) == f"{folder / 'late.safetensors'} is not in the manifest"
