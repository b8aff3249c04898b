"""Takes channels out of MLPs and groups out of attention: a smaller, ordinary checkpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from bench.errors import Unsupported
from variants.recipes import state, training
from variants.recipes.checkpoint import load, save
from variants.recipes.losses import Aim, towards
from variants.recipes.material import Slices, rows, training_tokens
from variants.recipes.training import Lesson, Plan, next_token_loss
from variants.runtimes.sparse import PRUNED

SCORED_ROWS, SCORED_LENGTH = 32, 256
"""Of training text, evenly spread: what a round's scores are taken from."""
MLPS = (
    (("c_fc",), "c_proj", "n_inner"),
    (("gate_proj", "up_proj"), "down_proj", "intermediate_size"),
    (("fc1",), "fc2", "intermediate_size"),
    (("dense_h_to_4h",), "dense_4h_to_h", "intermediate_size"),
)
"""How architectures name an MLP: layers into it, the layer out of it, the config's word for it."""


class Wanted(Protocol):
    """A pruned model's options."""

    ratio: float
    groups: int
    steps: int
    between: int
    recovery: int
    round_to: int
    batch: int
    length: int
    rate: float
    loss: str
    temperature: float
    share: float


@dataclass(frozen=True)
class Mlp:
    """One layer's MLP: each of its channels is a row of `into` and a column of `out`."""

    into: tuple[nn.Module, ...]
    out: nn.Module
    word: str

    def slice(self, kept: torch.Tensor) -> None:
        """Only the channels `kept` stay, in their order: exact, nothing is approximated."""
        for layer in self.into:
            keep_outputs(layer, kept)
        keep_inputs(self.out, kept)


def prune(base: Path, out: Path, options: Wanted) -> None:
    """Rounds of scoring and removing, each with a training if asked for, and a last one."""
    torch.manual_seed(0)
    teacher, model = load(base), load(base)
    tokens = training_tokens(base)
    full = width_of(model)
    wanted = width_left(full, options)
    if options.groups:
        remove_groups(model, Slices.of(tokens), options.groups)
    for round_ in range(1, options.steps + 1):
        left = full - (full - wanted) * round_ // options.steps
        if left < width_of(model):
            remove_channels(model, Slices.of(tokens), left)
        last = round_ == options.steps
        steps = options.recovery if last else options.between
        if steps:
            recover((teacher, model), tokens, out, _Recovery(options, steps, round_))
    save(model, base, out)
    facts = {
        "base": {"width": full, "parameters": teacher.num_parameters(), **_heads(teacher)},
        "width": wanted,
        "groups": options.groups,
        "asked": options.ratio,
        "within": options.round_to,
        "recovery": options.recovery,
    }
    (out / PRUNED).write_text(json.dumps(facts) + "\n", encoding="utf-8")
    state.clear(out)


@dataclass(frozen=True)
class _Recovery:
    options: Wanted
    steps: int
    round: int


def recover(
    models: tuple[PreTrainedModel, PreTrainedModel],
    tokens: torch.Tensor,
    folder: Path,
    what: _Recovery,
) -> None:
    """Trains the second of `models` to follow the first."""
    teacher, model = models
    options = what.options
    aim = Aim(loss=options.loss, share=options.share, temperature=options.temperature)
    lesson = Lesson(
        f"recovering-{what.round}", model, towards(teacher, model, aim, Slices.of(tokens)), tokens
    )
    plan = Plan(
        steps=what.steps, rate=options.rate, batch=options.batch, length=options.length
    )
    training.train(lesson, plan, folder)


def width_left(full: int, options: Wanted) -> int:
    """Channels that stay of `full`: at least `ratio` goes, down to a multiple of `round_to`."""
    step = options.round_to
    left = max(step, int(full * (1 - options.ratio) + 1e-6) // step * step)
    if left >= full:
        raise Unsupported(
            f"pruned: of {full} channels in multiples of {step} none can go; set pruned.round_to=1"
        )
    return left


def mlps(model: PreTrainedModel) -> list[Mlp]:
    """Every layer's MLP. Raises Unsupported where one is of a kind that is not known here."""
    found = [mlp for module in model.modules() if (mlp := _mlp(module))]
    if len(found) != model.config.num_hidden_layers:
        raise Unsupported(
            f"pruned: {type(model).__name__} has {model.config.num_hidden_layers} layers, and "
            f"{len(found)} MLPs of a known form ({', '.join(out for _, out, _ in MLPS)}) in them"
        )
    return found


def _mlp(module: nn.Module) -> Mlp | None:
    for into, out, word in MLPS:
        layers = [getattr(module, name, None) for name in (*into, out)]
        if all(isinstance(layer, Conv1D | nn.Linear) for layer in layers):
            return Mlp(tuple(layers[:-1]), layers[-1], word)
    return None


def width_of(model: PreTrainedModel) -> int:
    """Channels of each MLP."""
    return inputs_of(mlps(model)[0].out)


def remove_channels(model: PreTrainedModel, text: Slices, left: int) -> None:
    """The `left` channels of each MLP with the highest scores stay."""
    found = mlps(model)
    for mlp, score in zip(found, taylor(model, text, [mlp.out for mlp in found]), strict=True):
        mlp.slice(best(score, left))
    setattr(model.config, found[0].word, left)


def taylor(
    model: PreTrainedModel, text: Slices, outs: list[nn.Module]
) -> list[torch.Tensor]:
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
        queries = _spread(kept, per * head)
        keep_outputs(layer.q_proj, queries)
        keep_inputs(layer.o_proj, queries)
        keep_outputs(layer.k_proj, _spread(kept, head))
        keep_outputs(layer.v_proj, _spread(kept, head))
        layer.num_key_value_groups = per
    config.num_attention_heads, config.num_key_value_heads = left * per, left
    config.head_dim = head


def _heads(model: PreTrainedModel) -> dict[str, int]:
    groups = getattr(model.config, "num_key_value_heads", None)
    return {"heads": model.config.num_attention_heads} | ({"groups": groups} if groups else {})


def _spread(kept: torch.Tensor, size: int) -> torch.Tensor:
    """Indices of the blocks `kept`, each `size` long."""
    return (kept[:, None] * size + torch.arange(size)).flatten()


def best(score: torch.Tensor, left: int) -> torch.Tensor:
    """Indices of the `left` highest, ascending; of equals the earlier ones."""
    return score.sort(descending=True, stable=True).indices[:left].sort().values


def inputs_of(layer: nn.Module) -> int:
    """Inputs of a Linear, or of a Conv1D, which stores (in, out)."""
    return layer.weight.shape[0 if isinstance(layer, Conv1D) else 1]


def keep_outputs(layer: nn.Module, kept: torch.Tensor) -> None:
    """Only the outputs `kept` stay, with their biases."""
    _slice(layer, kept, 1 if isinstance(layer, Conv1D) else 0)
    if layer.bias is not None:
        layer.bias = nn.Parameter(layer.bias.detach()[kept].clone())
    _say_width(layer)


def keep_inputs(layer: nn.Module, kept: torch.Tensor) -> None:
    """Only the inputs `kept` stay."""
    _slice(layer, kept, 0 if isinstance(layer, Conv1D) else 1)
    _say_width(layer)


def _slice(layer: nn.Module, kept: torch.Tensor, dim: int) -> None:
    layer.weight = nn.Parameter(layer.weight.detach().index_select(dim, kept).contiguous())


def _say_width(layer: nn.Module) -> None:
    if isinstance(layer, Conv1D):
        layer.nx, layer.nf = layer.weight.shape
    else:
        layer.out_features, layer.in_features = layer.weight.shape
