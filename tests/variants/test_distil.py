"""The student: which layers it starts from, what is kept on the way, what goes together."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.artifacts import Artifacts
from bench.catalog import Catalog
from bench.errors import Misuse
from bench.manifest import PARTS, weight_file_bytes
from bench.source import resolve
from bench.variant import Place, Variant
from tests.variants import tiny
from variants.recipes import distil
from variants.recipes.checkpoint import load
from variants.recipes.distil import reduced
from variants.student import Options, student

SHORT = Options(steps=4, batch=1, length=16)


@pytest.fixture(autouse=True)
def gradients() -> Iterator[None]:
    """Where another test's `prepare` has turned them off."""
    with torch.enable_grad():
        yield


@pytest.fixture(scope="module", params=list(tiny.ARCHITECTURES))
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.checkpoint(tmp_path_factory.mktemp("base") / request.param, request.param)


@pytest.mark.parametrize(("share", "layers"), [(0.01, [0]), (0.5, [0, 3]), (0.75, [0, 2, 3]),
                                               (0.99, [0, 2, 3])])  # fmt: skip
def test_it_starts_from_evenly_spread_layers(share: float, layers: list[int], base: Path) -> None:
    teacher = load(base)
    found = reduced(teacher, share)
    blocks = [getattr(m.base_model, "h", None) or m.base_model.layers for m in (found, teacher)]
    assert len(blocks[0]) == found.config.num_hidden_layers == len(layers)
    for new, old in enumerate(layers):
        for own, theirs in zip(blocks[0][new].parameters(), blocks[1][old].parameters(),
                               strict=True):  # fmt: skip
            assert torch.equal(own, theirs)


@pytest.mark.parametrize("loss", ["kl", "mse", "nd", "ce"])
def test_every_loss_trains(loss: str, base: Path, tmp_path: Path) -> None:
    replace(student, options=replace(SHORT, loss=loss)).build(base, tmp_path)
    facts = json.loads((tmp_path / "student.json").read_text())
    assert (facts["layers"], facts["of"], facts["steps"], facts["loss"]) == (2, 4, 4, loss)
    before, after = reduced(load(base)), load(tmp_path)
    assert not torch.equal(before.lm_head.weight, after.lm_head.weight)
    assert not list(tmp_path.glob("*state*"))


def in_process(variant: Variant, base: Path, draft: Path) -> None:
    with torch.enable_grad():
        variant.build(base, draft)


def test_checkpoints_are_variants_of_their_own(base: Path, tmp_path: Path) -> None:
    """Made once with the student, sized by themselves, and not part of its size."""
    said = ("student.steps=4", "student.batch=1", "student.length=16", "student.checkpoints=1,3")
    catalog = Catalog.of(("variants",), said)
    made = Artifacts(tmp_path / "made", catalog, resolve(str(base), catalog), in_process)
    folders = {name: made.folder(catalog.get(name)) for name in ("student", "student.1")}
    folders["student.3"] = made.folder(catalog.get("student.3"))
    assert folders["student.3"] == folders["student"] / PARTS / "3"
    sizes = {name: weight_file_bytes(folder) for name, folder in folders.items()}
    assert sizes["student"] == sizes["student.1"] == sizes["student.3"] > 0
    weights = [load(folder).lm_head.weight for folder in folders.values()]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])
    model = catalog.get("student.3").open(folders["student.3"], Place())
    assert model.proof()["distilled_steps"] == 3
    model.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"checkpoints": (1, 9)}, "student.checkpoints: 9 is behind the last of student.steps=4"),
        ({"checkpoints": (1,), "early_stop": 2}, "do not go together"),
    ],
)
def test_options_that_contradict_each_other(
    options: dict, says: str, base: Path, tmp_path: Path
) -> None:
    with pytest.raises(Misuse, match=says):
        replace(student, options=replace(SHORT, **options)).build(base, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_killed_student_goes_on(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed behind its first checkpoint: the folder ends as an uninterrupted one does."""
    monkeypatch.setattr("variants.recipes.training.SAVED_EVERY", 2)
    options = replace(SHORT, checkpoints=(1, 3))
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    replace(student, options=options).build(base, whole)
    real, calls = distil.save, []

    def killed(*args: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*args)

    monkeypatch.setattr(distil, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        replace(student, options=options).build(base, parts)
    replace(student, options=options).build(base, parts)
    names = sorted(str(file.relative_to(whole)) for file in whole.rglob("*") if file.is_file())
    assert names == sorted(str(f.relative_to(parts)) for f in parts.rglob("*") if f.is_file())
    for name in names:
        assert (whole / name).read_bytes() == (parts / name).read_bytes(), name


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
import torch
from variants.recipes import training
from variants.recipes.state import Keeper
from variants.student import Options, student
torch.set_num_threads(int(sys.argv[3]))
training.SAVED_EVERY = 2
write = Keeper.write
def once(*words):
    write(*words)
    os.kill(os.getpid(), signal.SIGKILL)
Keeper.write = once
options = Options(steps=4, batch=1, length=16)
replace(student, options=options).build(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_process_that_was_killed_outright_loses_only_the_steps_since_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("variants.recipes.training.SAVED_EVERY", 2)
    base = tiny.checkpoint(tmp_path / "base", "gpt2")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    words = [str(base), str(parts), str(torch.get_num_threads())]
    ended = subprocess.run([sys.executable, "-c", KILLED, *words], capture_output=True)
    assert ended.returncode == -signal.SIGKILL
    assert [file.name for file in parts.iterdir()] == ["distilling.state.safetensors"]
    steps = []
    real = distil.training._Course._step
    monkeypatch.setattr(
        distil.training._Course, "_step", lambda course: (steps.append(1), real(course))
    )
    with torch.enable_grad():
        replace(student, options=SHORT).build(base, parts)
        assert len(steps) == 2
        replace(student, options=SHORT).build(base, whole)
    name = "model.safetensors"
    assert (whole / name).read_bytes() == (parts / name).read_bytes()
