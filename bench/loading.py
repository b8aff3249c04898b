"""Loads a variant as often as asked, and keeps the memory that the first load took at its worst."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.metrics.memory import give_back, peak_bytes, reset_peak
from bench.model import Model


class Loading:
    """The `loading` fixture: call it for a model; who calls it closes what it got.

    Only a process's first load starts from a clean heap, so that one is watched, where asked. It
    is watched until it has answered: mapped weights are not in memory before they are used.
    """

    def __init__(self, load: Callable[[], Model], *, watch: bool = False) -> None:
        self._load = load
        self.to_be_watched = watch
        """Whether the next load is the watched one, which takes longer."""
        self.host_peak: int | None = None
        """Bytes resident at most during the watched load; None where it cannot be had."""
        self.device_peak: Mapping[str, int] = {}
        """What the framework's allocator held at most meanwhile, as `Model.device_peak` has it."""

    def __call__(self) -> Model:
        """The variant, in memory."""
        if not self.to_be_watched:
            return self._load()
        self.to_be_watched = False
        give_back()
        known = reset_peak()
        model = self._load()
        try:
            model.first_token([[0]])
        except Exception:  # a cell that needs an answer will say why; others can do without
            return model
        self.host_peak = peak_bytes() if known else None
        self.device_peak = dict(model.device_peak())
        return model
