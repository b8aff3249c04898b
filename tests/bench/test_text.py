"""The tokens that are scored, and what names them."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.corpus import content
from bench.errors import Misuse
from bench.settings import Settings
from bench.text import evaluation
from bench.tokenizing import encode, first_tokens
from tests.bench.test_tokenizing import with_bos
from tests.fakes.recipes import checkpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return checkpoint.write(tmp_path / "mine")


@pytest.fixture(scope="module")
def tokens_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint.write(tmp_path_factory.mktemp("tokens") / "mine")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "text.txt").write_text("The quick brown fox. " * 20)
    return replace(
        Settings.resolve(lambda _: None, lambda _: None),
        text=str(tmp_path / "text.txt"), window=64, stride=32, eval_tokens=100,
    )  # fmt: skip


def test_its_tokens_its_recipe_and_its_fingerprint(settings: Settings, folder: Path) -> None:
    text = evaluation(settings, folder, 1000)
    assert len(text.tokens) == 100
    assert text.recipe == "hf-strided-w64-s32-t100"
    packed = b"".join(struct.pack("<i", token) for token in text.tokens)
    assert text.fingerprint == hashlib.sha256(packed).hexdigest()[:16]
    assert text.describe()["tokens"] == 100


@pytest.mark.parametrize("positions", [40, 33, 32, 16])
def test_the_default_window_fits_the_model_and_keeps_context(
    settings: Settings, folder: Path, positions: int
) -> None:
    text = evaluation(replace(settings, window=512, stride=256), folder, positions)
    assert text.window == positions
    assert 0 < text.stride < text.window


def test_a_window_that_was_asked_for_is_never_cut(settings: Settings, folder: Path) -> None:
    with pytest.raises(Misuse, match="--window 64 is longer than the model's 40 positions"):
        evaluation(settings, folder, 40)


@given(count=st.integers(1, 60), text=st.text(st.sampled_from("ab \n"), max_size=3000))
@hypothesis.settings(deadline=None, max_examples=30)
def test_the_first_tokens_are_those_of_the_whole(
    count: int, text: str, tokens_folder: Path
) -> None:
    assert (
        list(first_tokens(tokens_folder, text, count).ids)
        == list(encode(tokens_folder, text))[:count]
    )


def test_too_few_tokens(settings: Settings, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("x" * 63)
    with pytest.raises(Misuse, match="63 tokens are fewer than the 64"):
        evaluation(settings, folder, 1000)


def test_no_tokenizer(settings: Settings, folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(Misuse, match="is no tokenizer"):
        evaluation(settings, folder, 1000)


@pytest.mark.parametrize("name", ["none.txt", "a:b", "a:b:c:d:e"])
def test_no_text(name: str) -> None:
    with pytest.raises(Misuse, match="is neither demo, nor a file that is here"):
        content(name)


def test_a_binary_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(Misuse, match="is not UTF-8"):
        content(str(tmp_path / "x"))


def recipe(settings: Settings, name: str, **more: object) -> Settings:
    """The same settings under another recipe."""
    return replace(settings, recipe=name, **more)  # type: ignore[arg-type]


def test_every_recipe_has_a_name_of_its_own(settings: Settings, tmp_path: Path) -> None:
    folder = checkpoint.write(tmp_path / "with", {"bos_token_id": 3})
    found = [
        evaluation(recipe(settings, name, window=32), folder, 1000).recipe
        for name in ("hf-strided", "disjoint", "word", "llama.cpp")
    ]
    assert found == [
        "hf-strided-w32-s32-t100", "disjoint-w32-t100", "word-w32-t99", "llama.cpp-w32-t100-nobos",
    ]  # fmt: skip


def test_words_and_bytes_are_those_of_the_raw_text(settings: Settings, tmp_path: Path) -> None:
    """A token a byte: 100 of them end within a word, and the word before it is the last."""
    folder = checkpoint.write(tmp_path / "with", {"bos_token_id": 3})
    text = evaluation(recipe(settings, "word"), folder, 1000)
    raw = ("The quick brown fox. " * 20)[:99]
    assert raw.endswith("brown")
    assert [(s.words, s.bytes, len(s.tokens)) for s in text.streams] == [(19, 99, 99)]
    assert text.row(next(text.windows()))[0] == 3


def test_bos_is_fed_where_the_tokenizer_adds_it(settings: Settings, tmp_path: Path) -> None:
    folder = with_bos(tmp_path / "bos")
    text = evaluation(recipe(settings, "llama.cpp", window=32), folder, 1000)
    assert text.recipe == "llama.cpp-w32-t100-bos"
    assert 5 not in text.tokens
    rows = [text.row(window) for window in text.windows()]
    assert [row[0] for row in rows] == [5, 5, 5]
    assert {len(row) for row in rows} == {32}


def test_no_token_to_begin_with(settings: Settings, folder: Path) -> None:
    with pytest.raises(Misuse, match="--recipe word feeds a beginning- or end-of-text token"):
        evaluation(recipe(settings, "word"), folder, 1000)


def test_llama_cpp_wants_two_chunks(settings: Settings, folder: Path) -> None:
    with pytest.raises(Misuse, match=r"100 tokens are fewer than the 128 that --recipe llama\.cpp"):
        evaluation(recipe(settings, "llama.cpp"), folder, 1000)


def test_more_tokens_than_the_text_has(settings: Settings, folder: Path) -> None:
    with pytest.raises(Misuse, match="holds 420 tokens, and --eval-tokens 500 asks for more"):
        evaluation(replace(settings, eval_tokens=500), folder, 1000)
    every = evaluation(replace(settings, eval_tokens=None), folder, 1000)
    assert len(every.tokens) == 420
    assert every.streams[0].bytes == 420


def test_another_tokenizer_is_another_recipe(settings: Settings, folder: Path) -> None:
    mine = evaluation(settings, folder, 1000, foreign=True)
    assert mine.recipe == f"hf-strided-w64-s32-t100-tokenizer.{str(mine.tokenizer)[:8]}"


def test_documents_are_set_apart_in_the_fingerprint(settings: Settings, tmp_path: Path) -> None:
    folder = checkpoint.write(tmp_path / "with", {"bos_token_id": 3})
    one = evaluation(recipe(settings, "word"), folder, 1000)
    (stream,) = one.streams
    halves = [replace(stream, tokens=part) for part in (stream.tokens[:50], stream.tokens[50:])]
    two = replace(one, streams=tuple(halves))
    assert one.tokens == two.tokens
    assert one.fingerprint != two.fingerprint
