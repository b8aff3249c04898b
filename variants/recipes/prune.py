"""Takes channels out of MLPs and groups out of attention: a smaller, ordinary checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from transformers import PreTrainedModel

from bench.errors import Unsupported
from variants.recipes import state, training
from variants.recipes.channels import best, blocks, keep_channels, keep_inputs, keep_outputs
from variants.recipes.checkpoint import load, save
from variants.recipes.losses import Aim, towards
from variants.recipes.material import Slices, rows, training_tokens
from variants.recipes.training import Lesson, Plan, next_token_loss
from variants.runtimes.shapes import inputs_of, mlps
from variants.runtimes.sparse import PRUNED, heads_of

if TYPE_CHECKING:
    from variants.pruned import Options
    from variants.pruned_control import Options as Control

SCORED_ROWS, SCORED_LENGTH = 32, 256
"""Of training text, evenly spread: what a round's scores are taken from."""


@dataclass(frozen=True)
class Task:
    """One model under the knife, and the whole one that it follows."""

    teacher: PreTrainedModel
    model: PreTrainedModel
    tokens: torch.Tensor
    """The training text."""
    folder: Path
    options: Control

    @cached_property
    def text(self) -> Slices:
        """The same, cut into what is learnt and what is only looked at."""
        return Slices.of(self.tokens)

    def recover(self, steps: int, title: str) -> None:
        """Train the model to follow the whole one; nothing where `steps` is 0."""
        options = self.options
        aim = Aim(loss=options.loss, share=options.share, temperature=options.temperature)
        loss = towards(self.teacher, self.model, aim, self.text)
        plan = Plan(steps=steps, rate=options.rate, batch=options.batch, length=options.length)
        if steps:
            lesson = Lesson(title, self.model, loss, self.tokens)
            training.train(lesson, plan, self.folder)

    def finish(self, base: Path, facts: dict[str, Any]) -> None:
        """An ordinary checkpoint, with its record."""
        save(self.model, base, self.folder)
        (self.folder / PRUNED).write_text(json.dumps(facts) + "\n", encoding="utf-8")
        state.clear(self.folder)


def prune(base: Path, out: Path, options: Options) -> None:
    """Rounds of scoring and removing, each with a training if asked for, and a last one."""
    task = Task(load(base), load(base), training_tokens(base), out, options)
    full = mlps(task.model)[0].width
    wanted = width_left(full, options)
    if options.groups:
        remove_groups(task.model, task.text, options.groups)
    for round_ in range(1, options.steps + 1):
        left = full - (full - wanted) * round_ // options.steps
        if left < mlps(task.model)[0].width:
            remove_channels(task.model, task.text, left)
        steps = options.recovery if round_ == options.steps else options.between
        task.recover(steps, f"recovering-{round_}")
    whole = {"width": full, "parameters": task.teacher.num_parameters(), **heads_of(task.teacher)}
    facts = {"base": whole, "width": wanted, "removed_groups": options.groups}
    facts |= {"asked": options.ratio, "within": options.round_to, "recovery": options.recovery}
    task.finish(base, facts)


def control(base: Path, out: Path, options: Control) -> None:
    """The whole model, trained as a pruned one is that recovers."""
    task = Task(load(base), load(base), training_tokens(base), out, options)
    task.recover(options.recovery, "training")
    task.finish(base, {"recovery": options.recovery})


def width_left(full: int, options: Options) -> int:
    """Channels that stay of `full`: at least `ratio` goes, down to a multiple of `round_to`."""
    step = options.round_to
    left = max(step, int(full * (1 - options.ratio) + 1e-6) // step * step)
    if left >= full:
        raise Unsupported(
            f"pruned: of {full} channels in multiples of {step} none can go; set pruned.round_to=1"
        )
    return left


def remove_channels(model: PreTrainedModel, text: Slices, left: int) -> None:
    """The `left` channels of each MLP with the highest scores stay."""
    found = mlps(model)
    for mlp, score in zip(found, taylor(model, text, [mlp.out for mlp in found]), strict=True):
        keep_channels(mlp, best(score, left))
    setattr(model.config, found[0].word, left)


def taylor(model: PreTrainedModel, text: Slices, outs: list[nn.Module]) -> list[torch.Tensor]:
    """What the loss would change without each input of `outs`, to first order: (inputs) each.

    Mean over tokens of |activation x its gradient|, as in arXiv 1611.06440.
    """
    sums = [torch.zeros(inputs_of(layer)) for layer in outs]
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def hook(at: int) -> torch.utils.hooks.RemovableHandle:
        def watch(_: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
            given[0].retain_grad()
            seen.append((sums[at], given[0]))

        return outs[at].register_forward_pre_hook(watch)

    handles = [hook(at) for at in range(len(outs))]
    for ids in _scored(text, model):
        next_token_loss(model, ids).backward()
        for total, given in seen:
            total += (given * given.grad).float().abs().flatten(0, -2).sum(0)
        seen.clear()
        model.zero_grad(set_to_none=True)
    for handle in handles:
        handle.remove()
    return sums


def _scored(text: Slices, model: PreTrainedModel) -> Iterator[torch.Tensor]:
    length = min(SCORED_LENGTH, model.config.max_position_embeddings)
    starts = torch.linspace(0, len(text.learnt) - length, SCORED_ROWS).long().tolist()
    for at in range(0, SCORED_ROWS, 4):
        yield rows(text.learnt, starts[at : at + 4], length)


def remove_groups(model: PreTrainedModel, text: Slices, count: int) -> None:
    """`count` key-value groups of every layer go, each with the query heads that read it."""
    config = model.config
    heads, groups = config.num_attention_heads, getattr(config, "num_key_value_heads", None)
    layers = [m for m in model.modules() if hasattr(m, "q_proj") and hasattr(m, "o_proj")]
    if groups is None or not layers:
        raise Unsupported(
            f"pruned.groups={count}: the config of {type(model).__name__} cannot express fewer "
            "heads (heads x head width is the model's width); set pruned.groups=0"
        )
    left = groups - count
    if left < 1 or config.hidden_size % (left * heads // groups):
        raise Unsupported(
            f"pruned.groups={count}: {left} of {groups} key-value groups cannot be expressed with "
            f"a width of {config.hidden_size}; take another number"
        )
    per = heads // groups
    head = inputs_of(layers[0].o_proj) // heads
    for layer, score in zip(layers, taylor(model, text, [m.o_proj for m in layers]), strict=True):
        kept = best(score.view(groups, -1).sum(-1), left)
        queries = blocks(kept, per * head)
        keep_outputs(layer.q_proj, queries)
        keep_inputs(layer.o_proj, queries)
        keep_outputs(layer.k_proj, blocks(kept, head))
        keep_outputs(layer.v_proj, blocks(kept, head))
        layer.num_key_value_groups = per
    config.num_attention_heads, config.num_key_value_heads = left * per, left
    config.head_dim = head
