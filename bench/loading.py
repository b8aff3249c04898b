"""Loads a variant as often as asked, and keeps the memory that the first load took at its worst."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.metrics.memory import give_back, host_peak_of
from bench.model import Model


class Loading:
    """The `loading` fixture: call it for a model; who calls it closes what it got.

    Only a process's first load starts from a clean heap: what later ones find freed they take
    without asking the system, and their peaks read too low.
    """

    def __init__(self, load: Callable[[], Model]) -> None:
        self._load = load
        self.host_peak: int | None = None
        """Bytes resident at most during the first load; None where the system cannot say."""
        self.device_peak: Mapping[str, int] = {}
        """What the framework's allocator held at most during the first load."""
        self.watched = False
        """Whether the first load has been."""

    def __call__(self) -> Model:
        """The variant, in memory."""
        if self.watched:
            return self._load()
        self.watched = True
        give_back()
        got: list[Model] = []
        self.host_peak = host_peak_of(lambda: got.append(self._load()))
        model = got.pop() if got else self._load()
        self.device_peak = dict(model.device_peak())
        return model
