"""What every loaded variant promises, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy

Tokens: TypeAlias = list[list[int]]
"""Token ids, one row a sequence; all rows of one call are equally long."""

Choose: TypeAlias = "Callable[[numpy.ndarray[Any, Any]], list[int]]"
"""Float32 scores of the next token, (batch, vocabulary) -> a token for each row."""

Proof: TypeAlias = Mapping[str, Any]
"""What a variant showed of itself, in values that JSON holds."""


class Model(Protocol):
    """A variant in memory.

    Every call returns only when its result is on the host, so a wall clock around it is honest
    on every device. A model never times itself.
    """

    def logits(self, tokens: Tokens) -> numpy.ndarray[Any, Any]:
        """Float32 scores of shape (batch, length, vocabulary), in one uncached forward."""
        ...

    def first_token(self, prompt: Tokens) -> Tokens:
        """The most likely next token of every row, shape (batch, 1)."""
        ...

    def generate(
        self, prompt: Tokens, new_tokens: int, tick: Callable[[], None] | None = None
    ) -> Tokens:
        """Exactly `new_tokens` greedy tokens a row; `tick` is called as each token is ready.

        A step that yields several tokens at once ticks that many times at once, behind them.
        """
        ...

    def decode(self, prompt: Tokens, new_tokens: int, choose: Choose) -> Tokens:
        """As `generate`, by the same cache, but `choose` picks each step's tokens."""
        ...

    def proof(self) -> Proof:
        """What it is: dtypes, kernels, counts. Raises ProofFailed where that is not its name."""
        ...

    def weight_bytes(self) -> Mapping[str, int]:
        """Bytes of weights in memory by kind of storage, tied tensors counted once."""
        ...

    def parameters(self) -> int:
        """How many numbers the weights stand for, tied ones counted once."""
        ...

    def device_peak(self) -> Mapping[str, int]:
        """Most bytes on the device since the last call: `allocated` to tensors, and `reserved`.

        Then starts anew. Empty on a processor, and where the framework cannot say.
        """
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
