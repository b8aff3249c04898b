"""Loads variants that decode by drafts, with a proof that no token is another for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from bench.errors import Unsupported
from bench.speculation import break_even_acceptance
from bench.variant import Place
from variants.runtimes.drafting import DraftingModel, by_lookup, by_model
from variants.runtimes.plain import in_dtype, load_in
from variants.runtimes.pytorch import TorchModel


class PairedModel(DraftingModel):
    """The teacher and its draft: both are in memory, and both are weighed."""

    def __init__(
        self, module: PreTrainedModel, draft: PreTrainedModel, most: int, **more: Any
    ) -> None:
        """`most`: drafts a step; the rest is TorchModel's."""
        _check_vocabularies(module, draft)
        self._draft: TorchModel | None = TorchModel(draft)
        super().__init__(module, by_model(self._draft), most, **more)

    def weight_bytes(self) -> dict[str, int]:
        """Of both."""
        own, draft = super().weight_bytes(), self._smaller.weight_bytes()
        return {kind: own.get(kind, 0) + draft.get(kind, 0) for kind in own | draft}

    def parameters(self) -> int:
        """Of both."""
        return super().parameters() + self._smaller.parameters()

    def proof(self) -> dict[str, Any]:
        """The teacher's, the same tokens with and without drafts, and when that would pay."""
        share = sum(self._smaller.weight_bytes().values()) / sum(super().weight_bytes().values())
        cost = 1 + self._most * share
        return {
            **super().proof(),
            "draft_layers": self._smaller._live.config.num_hidden_layers,
            "drafts": self._most,
            "break_even_by_bytes": {
                "tokens_per_step": cost,
                "acceptance": break_even_acceptance(cost, self._most),
            },
            **self.prove_same(),
        }

    def close(self) -> None:
        """Drop both."""
        if self._draft is not None:
            self._draft.close()
            self._draft = None
        super().close()

    @property
    def _smaller(self) -> TorchModel:
        if self._draft is None:
            raise RuntimeError("the model is closed")
        return self._draft


class LookupModel(DraftingModel):
    """Drafts come from the text itself; there is no second model."""

    def proof(self) -> dict[str, Any]:
        """TorchModel's, and the same tokens with and without drafts."""
        return {**super().proof(), "drafts": self._most, **self.prove_same()}


def load_speculative(folder: Path, draft: Path, place: Place, most: int) -> PairedModel:
    """The checkpoint in `folder` with the one in `draft`, both in the teacher's dtype."""
    module, small = (load_in(one, place, place.teacher_dtype) for one in (folder, draft))
    return PairedModel(module, small, most, facts=in_dtype(folder, place.teacher_dtype))


def load_lookup(folder: Path, place: Place, most: int, longest: int) -> LookupModel:
    """The checkpoint in `folder`, in the teacher's dtype."""
    facts, module = (
        in_dtype(folder, place.teacher_dtype),
        load_in(folder, place, place.teacher_dtype),
    )
    return LookupModel(module, by_lookup(longest), most, facts=facts)


def _check_vocabularies(module: PreTrainedModel, draft: PreTrainedModel) -> None:
    ours, theirs = module.config.vocab_size, draft.config.vocab_size
    if ours != theirs:
        raise Unsupported(f"the draft knows {theirs} tokens, the model {ours}: none can stand in")
