"""`--deterministic`: set in the process of the cell, shown by the proof, and the same bits."""

import json
import subprocess
import sys

import pytest
import torch

from bench.variant import Place
from tests.variants import tiny
from variants.runtimes.plain import load_plain

CODE = """
import json, sys
from pathlib import Path
import torch
from bench.variant import Place
from variants.runtimes.plain import load_plain
from variants.runtimes.pytorch import prepare
folder, place = Path(sys.argv[1]), Place(deterministic=True)
prepare(folder, place)
model = load_plain(folder, place, "float32")
first, second = (model.logits([[1, 2, 3, 4]] * 2).tobytes() for _ in range(2))
import os
print(json.dumps([first == second, model.proof()["deterministic"], model.generate([[1, 2]], 3),
                  os.environ["CUBLAS_WORKSPACE_CONFIG"], torch.backends.cudnn.deterministic]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny.checkpoint(tmp_path_factory.mktemp("tiny"), "gpt2")


def test_the_runtime_sets_it_and_its_proof_shows_it(folder):
    """In a process of its own: the setting is torch's, for all that follows."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(folder)], capture_output=True, text=True, check=True
    )
    same, proven, tokens, workspace, cudnn = json.loads(done.stdout.splitlines()[-1])
    assert (same, proven, workspace, cudnn) == (True, True, ":4096:8", True)
    model = load_plain(folder, Place(), "float32")
    assert model.generate([[1, 2]], 3) == tokens
    assert model.proof()["deterministic"] is torch.are_deterministic_algorithms_enabled() is False
    model.close()
