"""Which of the driver's GPUs a device such as `cuda:1` means: never simply the first."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.nvml import Gpu, driver


@dataclass(frozen=True, kw_only=True)
class Card:
    """One GPU, or one MIG instance, that the driver lists."""

    handle: Any
    uuid: str
    pci: tuple[int, int, int] = (0, 0, 0)


def find(device: str, environ: Mapping[str, str] | None = None) -> Gpu | None:
    """The GPU that CUDA, and so torch, calls `device`; None where that cannot be known.

    CUDA may count only some GPUs (CUDA_VISIBLE_DEVICES), and in an order of its own; NVML counts
    all, in yet another. So they are matched by UUID where torch is up, else by PCI order.
    """
    kind, _, number = device.partition(":")
    nvml = driver() if kind == "cuda" else None
    if nvml is None:
        return None
    ordinal = int(number or 0)
    uuid = _live_uuid(ordinal)
    try:
        card = _by_uuid(nvml, uuid) if uuid else _expected(nvml, ordinal, environ)
    except nvml.NVMLError:
        return None
    return None if card is None else Gpu(nvml, card.handle, card.uuid)


def visible(cards: Sequence[Card], said: str | None, in_pci_order: bool) -> list[Card] | None:
    """What CUDA counts of `cards` (in PCI order) where CUDA_VISIBLE_DEVICES is `said`.

    As in CUDA, the first word that fits no GPU ends the list. None: the order cannot be known.
    """
    known = in_pci_order or len(cards) == 1
    if said is None:
        return list(cards) if known else None
    found: list[Card] = []
    for word in (part.strip() for part in said.split(",")):
        if word.isdecimal() and not known:
            return None
        card = _named(cards, word)
        if card is None:
            break
        found.append(card)
    return found


def names() -> list[str]:
    """What this machine's GPUs are called, in PCI order; empty where no driver says it."""
    nvml = driver()
    cards = _cards(nvml) if nvml else []
    return [str(Gpu(nvml, card.handle, card.uuid).describe()["name"]) for card in cards]


def _named(cards: Sequence[Card], word: str) -> Card | None:
    if word.isdecimal():
        return cards[int(word)] if int(word) < len(cards) else None
    fits = [card for card in cards if word.startswith("GPU-") and card.uuid.startswith(word)]
    return fits[0] if len(fits) == 1 else None


def _live_uuid(ordinal: int) -> str | None:
    """What torch itself says, once it has a context."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return str(getattr(torch.cuda.get_device_properties(ordinal), "uuid", "")) or None


def _by_uuid(nvml: Any, uuid: str) -> Card | None:
    for name in (f"GPU-{uuid}", f"MIG-{uuid}"):
        try:
            return Card(handle=nvml.nvmlDeviceGetHandleByUUID(name), uuid=name)
        except nvml.NVMLError:
            continue
    return None


def _expected(nvml: Any, ordinal: int, environ: Mapping[str, str] | None) -> Card | None:
    """What CUDA will make of the environment."""
    environ = os.environ if environ is None else environ
    said = environ.get("CUDA_VISIBLE_DEVICES")
    if said is not None and said.startswith("MIG-"):  # CUDA takes no more than one of these
        return Card(handle=nvml.nvmlDeviceGetHandleByUUID(said), uuid=said) if not ordinal else None
    found = visible(_cards(nvml), said, environ.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID") or []
    return found[ordinal] if ordinal < len(found) else None


def _cards(nvml: Any) -> list[Card]:
    found = []
    for index in range(nvml.nvmlDeviceGetCount()):
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        pci = nvml.nvmlDeviceGetPciInfo(handle)
        at = (pci.domain, pci.bus, pci.device)
        found.append(Card(handle=handle, uuid=nvml.nvmlDeviceGetUUID(handle), pci=at))
    return sorted(found, key=lambda card: card.pci)
