"""What --teacher may name, and how its content is summed up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.catalog import Catalog
from bench.errors import Misuse
from bench.source import Source, model_files, resolve
from tests.fakes.recipes import checkpoint

NOTHING = Catalog({}, ())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return checkpoint.write(tmp_path / "mine")


def test_a_folder(folder: Path) -> None:
    found = resolve(str(folder), NOTHING)
    assert (found.path, found.positions) == (folder, checkpoint.POSITIONS)


@pytest.mark.parametrize(
    ("config", "positions"),
    [
        ({"n_positions": 64}, 64),
        ({"max_position_embeddings": 2048}, 2048),
        ({"max_seq_len": 77}, 77),
        ({}, 2**31),
    ],
)
def test_positions_of_many_families(folder: Path, config: dict[str, int], positions: int) -> None:
    (folder / "config.json").write_text(json.dumps(config))
    assert resolve(str(folder), NOTHING).positions == positions


def test_home_is_expanded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    assert resolve("~/mine", NOTHING).path == folder


@pytest.mark.parametrize("spec", ["./none", "/none", "~/none", "a/b/c", "none.gguf", "two words"])
def test_what_looks_like_a_path_never_asks_the_hub(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bench.source._download", lambda spec: pytest.fail("asked the hub"))
    with pytest.raises(Misuse, match="no such file or folder"):
        resolve(spec, NOTHING)


def test_pickles_and_code_are_never_taken(folder: Path) -> None:
    for name in ("pytorch_model.bin", "modeling_mine.py", "README.md", "training.json"):
        (folder / name).write_text("x")
    assert [file.name for file in model_files(folder)] == [
        "config.json", "model.safetensors", "tokenizer.json",
    ]  # fmt: skip


def test_pickles_beside_safetensors_do_not_matter(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    assert resolve(str(folder), NOTHING).path == folder


def test_every_shard_is_looked_at(folder: Path) -> None:
    (folder / "model-00002-of-00002.safetensors").write_bytes(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    )
    with pytest.raises(Misuse, match=r"model-00002-of-00002\.safetensors is damaged"):
        resolve(str(folder), NOTHING)


def test_a_fingerprint_is_of_names_and_bytes(folder: Path, tmp_path: Path) -> None:
    def fingerprint(path: Path) -> str:
        return Source("any", path, 1).fingerprint

    twin = checkpoint.write(tmp_path / "elsewhere")
    assert fingerprint(folder) == fingerprint(twin)
    other = checkpoint.write(tmp_path / "other", seed=1)
    assert fingerprint(other) != fingerprint(twin)
    (twin / "tokenizer.json").rename(twin / "tokenizer_config.json")
    assert fingerprint(folder) != fingerprint(twin)


def test_our_own_demo_can_be_read() -> None:
    found = resolve("demo", Catalog.of(("variants",)))
    assert found.positions >= 512
    assert (found.path / "tokenizer.json").is_file()


def test_weights_that_a_repository_carries_twice_are_taken_once(folder: Path) -> None:
    again = (folder / "model.safetensors").read_bytes()
    (folder / "consolidated.safetensors").write_bytes(again)
    assert [f.name for f in model_files(folder) if f.suffix == ".safetensors"] == [
        "model.safetensors"
    ]


def test_shards_are_those_that_the_index_names(folder: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    for name in ("model-1-of-2.safetensors", "model-2-of-2.safetensors", "other.safetensors"):
        (folder / name).write_bytes(whole)
    (folder / "model.safetensors").unlink()
    shards = {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    kept = [f.name for f in model_files(folder) if f.suffix == ".safetensors"]
    assert kept == sorted(shards.values())
