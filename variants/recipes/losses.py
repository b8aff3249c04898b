"""What a model may follow in training: a teacher's scores or features, or the text alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, mse_loss
from transformers import PreTrainedModel

from variants.recipes.material import Slices, rows
from variants.recipes.training import Loss, fast, next_token_loss

CENTRE_ROWS = 256
"""Rows of training text, evenly spread, from which the classes' mean features are taken."""

Scores = tuple[torch.Tensor, torch.Tensor]
"""Logits (tokens, vocabulary) and last hidden states (tokens, width), one row a predicted token."""
Follow = Callable[[Scores, Scores, torch.Tensor], torch.Tensor]
"""(student's, teacher's, next tokens (tokens)) -> a scalar."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """Which loss, and how it is mixed."""

    loss: str = "kl"
    """kl, mse, nd, or ce: no teacher."""
    share: float = 0.7
    """Of the teacher's part; the rest is cross-entropy with the text."""
    temperature: float = 2.0


def towards(teacher: PreTrainedModel, student: PreTrainedModel, aim: Aim, text: Slices) -> Loss:
    """The loss of `aim` as a function of ids (batch, length)."""
    if aim.loss == "ce" or aim.share == 0:
        return lambda ids: next_token_loss(student, ids)
    follow = _follow(teacher, aim, text)

    def loss(ids: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            wanted = scores(teacher, ids)
        given, target = scores(student, ids), ids[:, 1:].flatten()
        hard = cross_entropy(given[0], target) if aim.share < 1 else torch.zeros(())
        return aim.share * follow(given, wanted, target) + (1 - aim.share) * hard

    return loss


def _follow(teacher: PreTrainedModel, aim: Aim, text: Slices) -> Follow:
    if aim.loss == "kl":
        return lambda given, wanted, _: kl(given[0], wanted[0], aim.temperature)
    if aim.loss == "mse":
        return lambda given, wanted, _: mse_loss(given[0], wanted[0])
    centres = class_centres(teacher, text.learnt)
    return lambda given, wanted, target: norm_and_direction(given[1], wanted[1], centres[target])


def kl(given: torch.Tensor, wanted: torch.Tensor, temperature: float) -> torch.Tensor:
    """T^2 x KL(teacher || student) of logits (tokens, vocabulary) softened by T (arXiv 1503.02531).

    Nats per token; T^2 keeps the gradients' size whatever T is.
    """
    return temperature**2 * kl_div(
        log_softmax(given / temperature, -1),
        log_softmax(wanted / temperature, -1),
        reduction="batchmean",
        log_target=True,
    )


def norm_and_direction(
    given: torch.Tensor, wanted: torch.Tensor, centres: torch.Tensor
) -> torch.Tensor:
    """1 - <student, e> / max(|student|, |teacher|), the mean over features (tokens, width).

    `e` is the unit vector of the teacher's mean feature of the token's class, here the next token
    (arXiv 2305.17007): short student features are drawn outwards, all of them into its direction.
    A class without a mean (a row of zeros) takes the teacher's own feature instead.
    """
    known = centres.norm(dim=-1, keepdim=True) > 0
    aims = torch.where(known, centres, wanted)
    aims = aims / aims.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    longest = torch.maximum(given.norm(dim=-1), wanted.norm(dim=-1)).clamp_min(1e-12)
    return (1 - (given * aims).sum(-1) / longest).mean()


@torch.no_grad()
def class_centres(teacher: PreTrainedModel, tokens: torch.Tensor) -> torch.Tensor:
    """The teacher's mean feature before each next token: (vocabulary, width), 0 where unseen."""
    length = min(256, teacher.config.max_position_embeddings)
    starts = torch.linspace(0, len(tokens) - length, CENTRE_ROWS).long().tolist()
    rows_, width = teacher.get_input_embeddings().weight.shape
    sums, counts = torch.zeros(rows_, width), torch.zeros(rows_, 1)
    for at in range(0, len(starts), 8):
        ids = rows(tokens, starts[at : at + 8], length)
        target = ids[:, 1:].flatten()
        sums.index_add_(0, target, scores(teacher, ids)[1])
        counts.index_add_(0, target, torch.ones(len(target), 1))
    return sums / counts.clamp_min(1)


def scores(model: PreTrainedModel, ids: torch.Tensor) -> Scores:
    """What `model` says before each token of ids (batch, length) but the first, in float32."""
    with fast():
        found = model(input_ids=ids, use_cache=False, output_hidden_states=True)
    last = found.hidden_states[-1][:, :-1]
    return found.logits[:, :-1].float().flatten(0, 1), last.float().flatten(0, 1)
