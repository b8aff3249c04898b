"""Trains a model with fewer layers to follow its teacher."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax
from transformers import AutoModelForCausalLM, PreTrainedModel

from bench import stdlib_text, text, tokenizing
from bench.errors import Unsupported
from bench.needs import cpu_flags
from bench.progress import progress
from variants.recipes.checkpoint import load, save
from variants.runtimes.plain import STUDENT

DOCUMENTS = 250
"""Of the docstrings of the standard library's files, beside the training topics."""


def distil(base: Path, out: Path, options: Mapping[str, Any]) -> None:
    """KL to the teacher at a temperature plus cross-entropy (arXiv 1503.02531), AdamW."""
    torch.manual_seed(0)
    teacher = load(base)
    student = reduced(teacher)
    dice = torch.Generator().manual_seed(0)
    tokens = torch.tensor(_tokens(base))
    optimizer = torch.optim.AdamW(student.parameters(), lr=options["rate"], betas=(0.9, 0.95))
    plan = _one_cycle(optimizer, options)
    student.train()
    with progress("distilling", options["steps"]) as advance:
        for ids in islice(_batches(tokens, options, dice), options["steps"]):
            loss = distillation_loss(teacher, student, ids, options)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
            optimizer.step()
            plan.step()
            optimizer.zero_grad(set_to_none=True)
            advance(f"loss {loss.item():.3f}")
    save(student.eval(), base, out)
    depths = {"layers": student.config.num_hidden_layers, "of": teacher.config.num_hidden_layers}
    facts = {**depths, "steps": options["steps"], "last_loss": loss.item()}
    (out / STUDENT).write_text(json.dumps(facts) + "\n", encoding="utf-8")


def _one_cycle(
    optimizer: torch.optim.Optimizer, options: Mapping[str, Any]
) -> torch.optim.lr_scheduler.LRScheduler:
    return torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        options["rate"],
        total_steps=options["steps"],
        pct_start=0.1,
        cycle_momentum=False,
    )


def reduced(teacher: PreTrainedModel) -> PreTrainedModel:
    """Half the layers, evenly spaced from the first to the last (one of two: the first)."""
    config = copy.deepcopy(teacher.config)
    depth = config.num_hidden_layers
    if depth < 2:
        raise Unsupported("student: the teacher has one layer, there is none to leave out")
    count = max(1, depth // 2)
    kept = [round(i * (depth - 1) / max(1, count - 1)) for i in range(count)]
    config.num_hidden_layers = count
    if getattr(config, "layer_types", None):
        config.layer_types = [config.layer_types[layer] for layer in kept]
    student = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    student.load_state_dict(_renumbered(teacher, kept))
    return student


def distillation_loss(
    teacher: PreTrainedModel,
    student: PreTrainedModel,
    ids: torch.Tensor,
    options: Mapping[str, Any],
) -> torch.Tensor:
    """Nats per token: share x T^2 x KL(teacher || student) at T, plus the rest cross-entropy."""
    temperature, share = options["temperature"], options["share"]
    with _fast():
        with torch.no_grad():
            wanted = teacher(input_ids=ids, use_cache=False).logits[:, :-1].float()
        given = student(input_ids=ids, use_cache=False).logits[:, :-1].float()
    follow = kl_div(
        log_softmax(given / temperature, -1).flatten(0, 1),
        log_softmax(wanted / temperature, -1).flatten(0, 1),
        reduction="batchmean",
        log_target=True,
    )
    hard = cross_entropy(given.flatten(0, 1), ids[:, 1:].flatten())
    return share * temperature**2 * follow + (1 - share) * hard


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


def _tokens(folder: Path) -> list[int]:
    documents = "\n\n".join(islice(stdlib_text.docstrings(), DOCUMENTS))
    return [*text.training(folder), *tokenizing.encode(folder, documents)]


def _batches(
    tokens: torch.Tensor, options: Mapping[str, Any], dice: torch.Generator
) -> Iterator[torch.Tensor]:
    length = options["length"]
    while True:
        starts = torch.randint(len(tokens) - length, (options["batch"],), generator=dice).tolist()
        yield torch.stack([tokens[start : start + length] for start in starts])


def _fast() -> AbstractContextManager[Any]:
    """bfloat16 where the processor multiplies it in hardware."""
    if {"avx512_bf16", "amx_bf16"} & set(cpu_flags()):
        return torch.autocast("cpu", dtype=torch.bfloat16)
    return nullcontext()
