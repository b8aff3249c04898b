"""Greedy decoding that checks several drafted tokens in one forward (arXiv 2211.17192)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import torch
from transformers import PreTrainedModel

from bench.errors import ProofFailed, Unsupported
from bench.model import Choose, Tokens
from bench.speculation import Speculation
from variants.runtimes.pytorch import TorchModel
from variants.runtimes.stepping import Stepper, likeliest

Propose = Callable[[list[int], int], list[int]]
"""(all tokens so far, at most so many) -> the tokens that may follow.

From one call to the next the text grows by drafts of the last one and one token more.
"""
Drafter = Callable[[int], Propose]
"""(tokens of the whole text) -> what drafts this one text."""
PROBE_TOKENS = 32
"""That the proof writes both ways, behind each of its prompts."""


class DraftingModel(TorchModel):
    """One row at a time: drafts are checked together, and only the model's own tokens stay."""

    def __init__(self, module: PreTrainedModel, drafter: Drafter, most: int, **more: Any) -> None:
        """`most`: drafts a step; the rest is TorchModel's."""
        super().__init__(module, **more)
        self._drafter: Drafter | None = drafter
        self._most = most
        self._last = Speculation(steps=0, drafted=0, accepted=0, tokens=0)

    def speculation(self) -> Speculation:
        """Of the last text that was written."""
        return self._last

    def work(self) -> None:
        """Unknown: a step reads the weights once for as many tokens as hold."""

    def close(self) -> None:
        """Drop the drafter too."""
        self._drafter = None
        super().close()

    def _write(
        self,
        prompt: Tokens,
        new_tokens: int,
        tick: Callable[[], None] | None,
        choose: Choose | None = None,
    ) -> Tokens:
        if len(prompt) > 1 and new_tokens > 1:
            raise Unsupported(f"decoding by drafts: batch 1 only, not {len(prompt)}")
        if new_tokens <= 1:  # a first token needs no draft
            return self._plain(prompt, new_tokens, tick, choose)
        tokens, start = list(prompt[0]), len(prompt[0])
        with self._running():
            for own in self._steps(tokens, start + new_tokens, choose):
                tokens += own
                if tick is not None:
                    self._wait()
                    for _ in own:
                        tick()
        return [tokens[start:]]

    def _steps(self, tokens: list[int], goal: int, choose: Choose | None) -> Iterator[list[int]]:
        """Yields each step's tokens, by which the caller lengthens `tokens` up to `goal`."""
        assert self._drafter is not None
        step, propose = self.stepper(goal), self._drafter(goal)
        yield agreed(self._scores(tokens, [], step), [], choose)
        steps = []
        while len(tokens) < goal:
            drafts = propose(tokens, min(self._most, goal - len(tokens) - 1))
            own = agreed(self._scores(tokens[-1:], drafts, step), drafts, choose)
            steps.append((len(drafts), len(own)))
            yield own
            step.keep(len(tokens) - 1)
        self._last = Speculation.of(steps)

    def _scores(self, feed: list[int], drafts: list[int], step: Stepper) -> torch.Tensor:
        """(1 + drafts, vocabulary): of what follows the last of `feed`, and each draft."""
        return step(self._ids([feed + drafts]), 1 + len(drafts))[0]

    def prove_same(self) -> dict[str, Any]:
        """Writes texts with and without drafts. Raises ProofFailed where a token differs."""
        told = []
        for prompt in probes(self._live.config.vocab_size):
            plain = self._plain([prompt], PROBE_TOKENS)[0]
            drafted = self._write([prompt], PROBE_TOKENS, None)[0]
            if drafted != plain:
                at = next(i for i, pair in enumerate(zip(drafted, plain, strict=True))
                          if pair[0] != pair[1])  # fmt: skip
                raise ProofFailed(
                    f"expected the tokens of the plain greedy loop, found {drafted[at]} for "
                    f"{plain[at]} as new token {at + 1}"
                )
            told.append(self._last.as_json())
        return {"probe_tokens": PROBE_TOKENS, "probes": told}


def agreed(scores: torch.Tensor, drafts: Sequence[int], choose: Choose | None) -> list[int]:
    """The model's own tokens, up to and with the first that was not drafted."""
    own: Iterable[int]
    if choose is None:
        own = likeliest(scores)[:, 0].tolist()
    else:
        own = (choose(row[None].float().cpu().numpy())[0] for row in scores)
    found = []
    for token, draft in zip_longest(own, drafts):
        found.append(token)
        if token != draft:
            break
    return found


def probes(vocabulary: int) -> list[list[int]]:
    """Prompts for the proof: one that repeats itself, one that does not."""
    dice = random.Random(0)
    piece = [dice.randrange(vocabulary) for _ in range(8)]
    return [piece * 4, [dice.randrange(vocabulary) for _ in range(32)]]


def by_model(small: TorchModel) -> Drafter:
    """A smaller model writes the drafts, greedily, with a cache of its own."""

    def start(length: int) -> Propose:
        step = small.stepper(length)

        def propose(tokens: list[int], most: int) -> list[int]:
            if most < 1:
                return []
            # Of what it has read, all but the drafts that were refused stands in `tokens`.
            known = min(step.read, len(tokens) - 1)
            step.keep(known)
            ids, fresh = small._ids([tokens[known:]]), []
            for _ in range(most):
                ids = likeliest(step(ids)[:, -1])
                fresh.append(ids)
            return list(torch.cat(fresh, 1)[0].tolist())

        return propose

    return start


def by_lookup(longest: int) -> Drafter:
    """What followed the latest earlier place that ends in the same tokens.

    Of the last `longest` tokens first, then of ever fewer; no draft where none was there before.
    """

    def start(_: int) -> Propose:
        after: dict[tuple[int, ...], int] = {}
        read = 0

        def propose(tokens: list[int], most: int) -> list[int]:
            nonlocal read
            for end in range(read + 1, len(tokens)):  # the last token's own place is no earlier one
                for size in range(1, min(longest, end) + 1):
                    after[tuple(tokens[end - size : end])] = end
            read = max(read, len(tokens) - 1)
            for size in range(min(longest, len(tokens)), 0, -1):
                at = after.get(tuple(tokens[-size:]))
                if at is not None:
                    return tokens[at : at + most]
            return []

        return propose

    return start
