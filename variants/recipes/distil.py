"""Trains a model with fewer layers to follow its teacher."""

from __future__ import annotations

import copy
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from bench.errors import Misuse, Unsupported
from bench.manifest import PARTS
from variants.recipes import state, training
from variants.recipes.checkpoint import load, save
from variants.recipes.losses import Aim, towards
from variants.recipes.material import Slices, training_tokens
from variants.recipes.training import Lesson, Plan
from variants.runtimes.plain import STUDENT

if TYPE_CHECKING:
    from variants.student import Options


def distil(base: Path, out: Path, options: Options) -> None:
    """Evenly spaced layers of the teacher, trained to follow it; a record beside the checkpoint."""
    _check(options)
    torch.manual_seed(0)
    teacher = load(base)
    student = reduced(teacher, options.layers)
    tokens = training_tokens(base)
    aim = Aim(loss=options.loss, share=options.share, temperature=options.temperature)
    loss = towards(teacher, student, aim, Slices.of(tokens))
    depths = {"layers": student.config.num_hidden_layers, "of": teacher.config.num_hidden_layers}

    def write(folder: Path, facts: dict[str, object]) -> None:
        save(student, base, folder)
        (folder / STUDENT).write_text(json.dumps({**depths, **facts}) + "\n", encoding="utf-8")

    def keep(step: int) -> None:
        folder = out / PARTS / str(step)
        shutil.rmtree(folder, ignore_errors=True)  # of a training that was killed
        write(folder, {"steps": step, "loss": aim.loss})

    done = training.train(Lesson("distilling", student, loss, tokens), _plan(options), out, keep)
    write(out, {**training.facts(done), "loss": aim.loss})
    state.clear(out)


def _plan(options: Options) -> Plan:
    return Plan(
        steps=options.steps,
        rate=options.rate,
        batch=options.batch,
        length=options.length,
        patience=options.early_stop,
        checkpoints=tuple(options.checkpoints),
    )


def _check(options: Options) -> None:
    """Raises Misuse where the options do not go together."""
    late = [step for step in options.checkpoints if step > options.steps]
    if late:
        raise Misuse(
            f"student.checkpoints: {late[0]} is behind the last of student.steps={options.steps}"
        )
    if options.checkpoints and options.early_stop:
        raise Misuse(
            "student.checkpoints and student.early_stop do not go together: a training that stops "
            "early may not reach them; leave one out"
        )


def reduced(teacher: PreTrainedModel, share: float = 0.5) -> PreTrainedModel:
    """That share of the layers, evenly spaced from the first to the last (one: the first)."""
    config = copy.deepcopy(teacher.config)
    depth = config.num_hidden_layers
    if depth < 2:
        raise Unsupported("student: the teacher has one layer, there is none to leave out")
    count = min(depth - 1, max(1, int(depth * share)))
    kept = [round(i * (depth - 1) / max(1, count - 1)) for i in range(count)]
    config.num_hidden_layers = count
    if getattr(config, "layer_types", None):
        config.layer_types = [config.layer_types[layer] for layer in kept]
    student = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    student.load_state_dict(_renumbered(teacher, kept))
    return student


def _renumbered(teacher: PreTrainedModel, kept: list[int]) -> dict[str, torch.Tensor]:
    new = {old: index for index, old in enumerate(kept)}
    numbered = re.compile(r"(.*?\.(?:h|layers|blocks)\.)(\d+)(\..*)")
    found = {}
    for name, value in teacher.state_dict().items():
        match = numbered.fullmatch(name)
        if match is None:
            found[name] = value
        elif int(match[2]) in new:
            found[f"{match[1]}{new[int(match[2])]}{match[3]}"] = value
    return found
