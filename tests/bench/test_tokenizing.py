"""Tokens and the bytes they stand for, and what the tokenizer's own files say."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.tokenizing import (
    TOKENIZER,
    added_token,
    beginning_token,
    decode,
    digest,
    encode,
    first_tokens,
)  # fmt: skip
from tests.fakes.recipes import checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint.write(tmp_path_factory.mktemp("tokens") / "mine")


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.integers(1, 80))
def test_sizes_add_up_to_the_texts_bytes(text: str, count: int) -> None:
    """A token a byte here, so the first of a character has them all and the next none."""
    found = first_tokens(FOLDER, text, count)
    assert len(found.ids) == len(found.sizes) == min(count, len(text.encode()))
    whole = first_tokens(FOLDER, text, None)
    assert sum(whole.sizes) == len(text.encode())
    assert found.sizes == whole.sizes[:count]


@pytest.fixture(autouse=True, scope="module")
def _folder(folder: Path) -> None:
    """hypothesis runs a test many times and takes no fixture of a function's."""
    globals()["FOLDER"] = folder


FOLDER = Path()


def test_there_and_back(folder: Path) -> None:
    assert decode(folder, encode(folder, "Grüße, World")) == "Grüße, World"


def test_the_digest_is_of_what_the_tokenizer_does(folder: Path, tmp_path: Path) -> None:
    other = checkpoint.write(tmp_path / "other")
    rules = json.loads((other / TOKENIZER).read_text())
    rules["truncation"] = {"max_length": 5, "stride": 0, "strategy": "LongestFirst",
                           "direction": "Right"}  # fmt: skip
    (other / TOKENIZER).write_text(json.dumps(rules, indent=4))
    assert digest(other) == digest(folder)
    changed = checkpoint.write(tmp_path / "changed")
    rules["model"]["vocab"]["a"], rules["model"]["vocab"]["b"] = (
        rules["model"]["vocab"]["b"], rules["model"]["vocab"]["a"],
    )  # fmt: skip
    (changed / TOKENIZER).write_text(json.dumps(rules))
    assert digest(changed) not in (None, digest(folder))
    (tmp_path / "none").mkdir()
    assert digest(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("tokenizer", "model", "token"),
    [
        ({}, {}, None),
        ({"bos_token": "a", "eos_token": "b"}, {"bos_token_id": 9}, "a"),
        ({"bos_token": None, "eos_token": {"content": "b"}}, {}, "b"),
        ({}, {"bos_token_id": 9}, 9),
        ({"bos_token": "not one"}, {"eos_token_id": 7}, 7),
    ],
)
def test_the_beginning_token(
    tokenizer: dict[str, object], model: dict[str, object], token: str | int | None, tmp_path: Path
) -> None:
    folder = checkpoint.write(tmp_path / "mine", model)
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    wanted = encode(folder, token)[0] if isinstance(token, str) else token
    assert beginning_token(folder) == wanted


def test_a_token_that_the_tokenizer_adds_by_itself(folder: Path, tmp_path: Path) -> None:
    assert added_token(folder) is None
    assert added_token(with_bos(tmp_path / "bos")) == 5


def with_bos(folder: Path) -> Path:
    """A checkpoint whose tokenizer begins every text with token 5."""
    from tokenizers import Tokenizer, processors

    path = checkpoint.write(folder) / TOKENIZER
    tokenizer = Tokenizer.from_file(str(path))
    name = tokenizer.id_to_token(5)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{name} $A", special_tokens=[(name, 5)]
    )
    tokenizer.save(str(path))
    return folder


HOLES = """
import ctypes, pathlib, sys
from bench.tokenizing import encode, first_tokens

class Heap(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

look = ctypes.CDLL(None).mallinfo2
look.restype = Heap
folder, before = pathlib.Path(sys.argv[1]), look().ordblks
text = " ".join(f"word{at * 7919 % 100003}" for at in range(9_000))
kept = first_tokens(folder, text, None), encode(folder, text[1:])
print(look().ordblks - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="of glibc 2.33's heap")
def test_tokenising_leaves_few_holes_in_the_heap(folder: Path) -> None:
    """Within a step's reach; called by the main thread, this tokenizer leaves 17,000."""
    command = [sys.executable, "-c", HOLES, str(folder)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(found.stdout) < 1_000
