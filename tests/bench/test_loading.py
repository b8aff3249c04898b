"""The first load of a process is watched, all others are only loads."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from bench.loading import Loading
from bench.metrics import memory

SIZE = 64 << 20


class Heavy:
    """A model that took `SIZE` bytes to load and keeps none."""

    def __init__(self) -> None:
        bytes(b"x" * SIZE)
        self.asked = 0

    def device_peak(self) -> dict[str, int]:
        self.asked += 1
        return {"allocated": 7, "reserved": 9}


def test_the_first_load_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    peaks = iter([1000])
    monkeypatch.setattr("bench.loading.host_peak_of", lambda step: (step(), next(peaks))[1])
    load: Any = Loading(Heavy)  # type: ignore[arg-type]
    assert not load.watched
    first, second = load(), load()
    assert load.watched
    assert (first.asked, second.asked) == (1, 0)
    assert (load.host_peak, load.device_peak) == (1000, {"allocated": 7, "reserved": 9})


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_its_peak_holds_what_loading_held() -> None:
    memory.give_back()
    before = memory.resident_bytes()
    load = Loading(Heavy)  # type: ignore[arg-type]
    load()
    assert before is not None
    assert load.host_peak is not None
    assert load.host_peak - before + (2 << 20) >= SIZE


def test_where_the_system_cannot_say_the_model_is_loaded_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "reset_peak", lambda: False)
    load = Loading(Heavy)  # type: ignore[arg-type]
    assert isinstance(load(), Heavy)
    assert load.host_peak is None


def test_a_load_that_fails_says_why() -> None:
    def refuse() -> Any:
        raise MemoryError("wanted 8 TiB")

    with pytest.raises(MemoryError):
        Loading(refuse)()
