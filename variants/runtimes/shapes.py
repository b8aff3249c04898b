"""Where a model's matrices and MLPs are, and how wide: the same for a recipe and for a proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from bench.errors import Unsupported

MLPS = (
    (("c_fc",), "c_proj", "n_inner"),
    (("gate_proj", "up_proj"), "down_proj", "intermediate_size"),
    (("fc1",), "fc2", "intermediate_size"),
    (("dense_h_to_4h",), "dense_4h_to_h", "intermediate_size"),
)
"""How architectures name an MLP: layers into it, the layer out of it, the config's word for it."""


@dataclass(frozen=True)
class Mlp:
    """One layer's MLP: each of its channels is a row of every `into` and a column of `out`."""

    into: tuple[nn.Module, ...]
    out: nn.Module
    word: str

    @property
    def width(self) -> int:
        """Channels."""
        return inputs_of(self.out)

    @property
    def per_channel(self) -> int:
        """Numbers that one channel stands for, biases included."""
        rows = sum(inputs_of(layer) + (layer.bias is not None) for layer in self.into)
        return rows + outputs_of(self.out)


def mlps(model: PreTrainedModel) -> list[Mlp]:
    """Every layer's MLP. Raises Unsupported where one is of a form that is not known here."""
    found = [mlp for module in model.modules() if (mlp := _mlp(module))]
    layers = model.config.num_hidden_layers
    if len(found) != layers or not hasattr(model.config, found[0].word):
        known = ", ".join(out for _, out, _ in MLPS)
        raise Unsupported(
            f"{type(model).__name__}: {len(found)} of {layers} layers have an MLP of a known form "
            f"(it ends with {known}), so its channels cannot be cut"
        )
    return found


def _mlp(module: nn.Module) -> Mlp | None:
    for into, out, word in MLPS:
        layers = [getattr(module, name, None) for name in (*into, out)]
        if all(isinstance(layer, Conv1D | nn.Linear) for layer in layers):
            return Mlp(tuple(layers[:-1]), layers[-1], word)
    return None


def inputs_of(layer: nn.Module) -> int:
    """Inputs of a Linear, or of a Conv1D, which stores (in, out)."""
    return layer.weight.shape[0 if isinstance(layer, Conv1D) else 1]


def outputs_of(layer: nn.Module) -> int:
    """Outputs of a Linear or a Conv1D."""
    return layer.weight.shape[1 if isinstance(layer, Conv1D) else 0]


def matrices(model: PreTrainedModel) -> Iterator[tuple[str, nn.Module, Tensor]]:
    """Every linear layer but the output layer: name, module, its weight seen as (out, in)."""
    head = model.get_output_embeddings()
    for name, module in model.named_modules():
        if isinstance(module, Conv1D | nn.Linear) and module is not head:
            weight = module.weight.detach()
            yield name, module, weight.t() if isinstance(module, Conv1D) else weight
