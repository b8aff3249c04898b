"""GPT-2's cached forward in fewer calls: transformers' operators, and little between them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import GPT2LMHeadModel
from transformers.models.gpt2.modeling_gpt2 import GPT2MLP, GPT2Attention, GPT2Block, GPT2Model

from variants.runtimes.lean import is_trimmed

Call = Callable[[torch.Tensor], torch.Tensor]
Parts = tuple[Call, Call, float, Call, Call, Call, Call, Call]
"""A block's: norm, query-key-value, scale, output; norm, up, activation, down."""


def fused(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
) -> torch.Tensor:
    """By torch's own operator; several tokens without a mask each see what came before them."""
    causal = mask is None and query.shape[2] > 1
    return scaled_dot_product_attention(query, key, value, mask, 0.0, causal, scale=scale)


def written_out(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scale: float,
) -> torch.Tensor:
    """The same in plain operators: every score is stored."""
    scores = torch.matmul(query, key.transpose(2, 3)).mul_(scale)
    fresh = query.shape[2]
    if mask is None and fresh > 1:
        mask = _mask(0, fresh, query.device)
    if mask is not None:
        scores.masked_fill_(~mask, -torch.inf)
    return torch.matmul(torch.softmax(scores, -1), value)


ATTENTIONS = {"sdpa": fused, "eager": written_out}
"""What attends, by transformers' word for it."""


def is_plain(module: GPT2LMHeadModel) -> bool:
    """Whether every part that is passed by here is transformers' own, trimmed, without hooks.

    Layers inside may be any; attention has to be torch's own operator, or plainly written out.
    """
    body, config = module.transformer, module.config
    attention = config._attn_implementation
    kinds = [(body, GPT2Model)]
    for block in body.h:
        kinds += [(block, GPT2Block), (block.attn, GPT2Attention), (block.mlp, GPT2MLP)]
    return (
        attention in ATTENTIONS
        and not (attention == "eager" and config.reorder_and_upcast_attn)
        and not config.add_cross_attention
        and is_trimmed(module, GPT2LMHeadModel)
        and all(is_trimmed(part, kind) for part, kind in kinds)
    )


class Gpt2Stepper:
    """A batch of texts as it grows; keys and values of all layers lie in one tensor."""

    name = "GPT-2 in fewer calls"

    def __init__(self, module: GPT2LMHeadModel, length: int) -> None:
        """`module`: one that `is_plain`; `length`: tokens of the whole text."""
        body, attention = module.transformer, module.transformer.h[0].attn
        self._tokens, self._places = body.wte, body.wpe
        self._blocks = [_parts(block) for block in body.h]
        self._last, self._head = _norm(body.ln_f), module.lm_head
        self._attend = ATTENTIONS[module.config._attn_implementation]
        self._heads = attention.num_heads, attention.head_dim
        self._length, self.read = length, 0
        self._most = min(length, module.config.max_position_embeddings)  # the last is never fed
        self._room: tuple[torch.Tensor, torch.Tensor] | None = None

    def __call__(self, ids: torch.Tensor, count: int = 1) -> torch.Tensor:
        """As Stepper has it."""
        fresh = ids.shape[1]
        past, self.read = self.read, self.read + fresh
        places, cache = self._room = self._room or self._reserved(ids)
        x = self._tokens(ids) + places.narrow(0, past, fresh)
        slots = iter(cache.narrow(3, past, fresh).unbind(0))
        seen = iter(cache.narrow(3, 0, self.read).unbind(0))
        mask = _mask(past, fresh, ids.device) if past and fresh > 1 else None
        split, join = (self._split, self._join) if fresh > 1 else (self._split_one, self._join_one)
        attend = self._attend
        for norm, qkv, scale, out, norm_2, up, act, down in self._blocks:
            query, key, value = split(qkv(norm(x)))
            next(slots).copy_(key)
            next(slots).copy_(value)
            found = attend(query, next(seen), next(seen), mask, scale)
            x.add_(out(join(found)))
            x.add_(down(act(up(norm_2(x)))))
        if count < fresh:  # the output layer is the largest of all
            x = x[:, -count:]
        scores: torch.Tensor = self._head(self._last(x))
        return scores

    def keep(self, length: int) -> None:
        """Forget what lies behind the first `length` tokens."""
        self.read = length

    def _split(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(batch, tokens, 3 x width) -> query, key, value: (batch, heads, tokens, size) each."""
        return x.view(*x.shape[:2], 3, *self._heads).permute(2, 0, 3, 1, 4).unbind(0)

    def _join(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, heads, tokens, size) -> (batch, tokens, width)."""
        return x.transpose(1, 2).flatten(2)

    def _split_one(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The same of one token, whose numbers lie in that order already."""
        heads, size = self._heads
        return x.view(len(x), 3, heads, 1, size).unbind(1)

    def _join_one(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(len(x), 1, -1)

    def _reserved(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(places, width): every place's own vector, read once a text; and an empty cache.

        (2 x layers, batch, heads, length, head size), read only where written.
        """
        places = self._places(torch.arange(self._most, device=ids.device))
        heads, size = self._heads
        shape = (2 * len(self._blocks), len(ids), heads, self._length, size)
        return places, places.new_empty(shape)


def _parts(block: GPT2Block) -> Parts:
    attention, mlp = block.attn, block.mlp
    return (
        *(_norm(block.ln_1), attention.c_attn, attention.scaling, attention.c_proj),
        *(_norm(block.ln_2), mlp.c_fc, mlp.act, mlp.c_proj),
    )


def _norm(part: nn.Module) -> Call:
    """A layer norm as the operator itself; any other part as it is."""
    if not is_trimmed(part, nn.LayerNorm):
        return part
    shape, weight, bias, eps = part.normalized_shape, part.weight, part.bias, part.eps
    return lambda x: torch.native_layer_norm(x, shape, weight, bias, eps)[0]


def _mask(past: int, fresh: int, device: torch.device) -> torch.Tensor:
    """(fresh, past + fresh): which places each new token sees."""
    return torch.ones(fresh, past + fresh, dtype=torch.bool, device=device).tril_(past)
