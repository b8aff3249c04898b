"""The training text as tokens: what is learnt from, and what is only looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import torch

from bench import stdlib_text, text, tokenizing

DOCUMENTS = 250
"""Of the docstrings of the standard library's files, beside the training topics."""
BLOCK, KEPT_BACK = 1024, 32
"""Of every 32 blocks of 1,024 tokens one is never trained on: early stopping looks at those."""


@dataclass(frozen=True)
class Slices:
    """The training text (tokens), cut into what is learnt and what is only looked at."""

    learnt: torch.Tensor
    looked_at: torch.Tensor

    @classmethod
    def of(cls, tokens: torch.Tensor) -> Slices:
        """Every 32nd block of 1,024 is kept back; a text of fewer blocks keeps its last eighth."""
        blocks = tokens.split(BLOCK)
        if len(blocks) < KEPT_BACK:
            return cls(*tokens.tensor_split([len(tokens) * 7 // 8]))
        back = blocks[KEPT_BACK - 1 :: KEPT_BACK]
        rest = [b for at, b in enumerate(blocks) if at % KEPT_BACK != KEPT_BACK - 1]
        return cls(torch.cat(rest), torch.cat(back))


def rows(tokens: torch.Tensor, starts: list[int], length: int) -> torch.Tensor:
    """(len(starts), length)"""
    return torch.stack([tokens[start : start + length] for start in starts])


def training_tokens(folder: Path) -> torch.Tensor:
    """The training topics and some docstrings, as ids of the tokenizer in `folder`."""
    return torch.tensor([*text.training(folder), *tokenizing.encode(folder, _documents())])


@cache
def _documents() -> str:
    return "\n\n".join(islice(stdlib_text.docstrings(), DOCUMENTS))
