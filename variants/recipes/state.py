"""Where a training stands, in one file: what a killed one needs to go on as if nothing had been."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

ENDING = ".state.safetensors"
Named = Mapping[str, nn.Parameter]


@dataclass
class Standing:
    """The numbers beside the tensors. Losses in nats per token."""

    step: int = 0
    """Steps done."""
    last_loss: float = float("nan")
    best: float = float("inf")
    best_step: int = 0
    since_best: int = 0
    """Looks at the held-out slice since the best one."""
    ended: bool = False


@dataclass(frozen=True)
class Keeper:
    """Writes and reads one training's state; `plan` says what it must be the state of."""

    path: Path
    plan: str
    optimizer: torch.optim.Optimizer
    weights: Named

    def write(self, standing: Standing, best: Mapping[str, torch.Tensor]) -> None:
        """All in one safetensors file, then renamed: a kill leaves the old one or the new one."""
        tensors = {f"weight.{name}": weight.detach() for name, weight in self.weights.items()}
        tensors |= {f"best.{name}": weight for name, weight in best.items()}
        for name, weight in self.weights.items():
            kept = self.optimizer.state.get(weight, {})
            tensors |= {f"{key}.{name}": value for key, value in kept.items()}
        header = {"plan": self.plan, "standing": json.dumps(asdict(standing))}
        draft = self.path.with_name(self.path.name + ".draft")
        save_file({name: value.contiguous() for name, value in tensors.items()}, draft, header)
        os.replace(draft, self.path)

    def read(self) -> tuple[Standing, dict[str, torch.Tensor]] | None:
        """Puts weights and optimizer back; None where there is no state that fits them."""
        if not self.path.is_file():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                header = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            known = json.loads(header["standing"])
            standing = Standing(**{field.name: known[field.name] for field in fields(Standing)})
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            return self._unfit(f"cannot be read ({error})")
        if header.get("plan") != self.plan or not self._fits(tensors):
            return self._unfit("is of another training")
        return standing, self._restore(tensors)

    def _fits(self, tensors: Mapping[str, torch.Tensor]) -> bool:
        found = {name: t.shape for name, t in tensors.items() if name.startswith("weight.")}
        return found == {f"weight.{name}": w.shape for name, w in self.weights.items()}

    def _restore(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(tensors[f"weight.{name}"])
                for key in ("step", "exp_avg", "exp_avg_sq"):
                    if f"{key}.{name}" in tensors:
                        self.optimizer.state[weight][key] = tensors[f"{key}.{name}"]
        return {name: tensors[f"best.{name}"] for name in self.weights if f"best.{name}" in tensors}

    def _unfit(self, why: str) -> None:
        print(f"{self.path.name} {why}; the training begins anew", flush=True)


def clear(folder: Path) -> None:
    """Removes every state in `folder`: what was trained is whole."""
    for file in folder.glob(f"*{ENDING}*"):
        file.unlink()
