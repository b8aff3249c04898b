"""The first load of a process is watched where asked, all others are only loads."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from bench.loading import Loading
from bench.metrics import memory

SIZE = 64 << 20


class Heavy:
    """A model that takes `SIZE` bytes for its first answer and keeps none."""

    def __init__(self) -> None:
        self.story: list[str] = []

    def first_token(self, prompt: list[list[int]]) -> list[list[int]]:
        bytes(b"x" * SIZE)
        self.story.append("answer")
        return [[0]]

    def device_peak(self) -> dict[str, int]:
        self.story.append("peak")
        return {"allocated": 7, "reserved": 9}


def loading(kind: type[Heavy] = Heavy, watch: bool = True) -> Any:
    return Loading(kind, watch=watch)  # type: ignore[arg-type]


def test_only_the_first_load_is_watched() -> None:
    load = loading()
    assert load.to_be_watched
    first, second = load(), load()
    assert (first.story, second.story) == (["answer", "peak"], [])
    assert not load.to_be_watched
    assert load.device_peak == {"allocated": 7, "reserved": 9}


def test_none_is_watched_where_nobody_asked() -> None:
    load = loading(watch=False)
    assert load().story == []
    assert (load.host_peak, load.device_peak) == (None, {})


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_peak_holds_what_the_first_answer_took() -> None:
    memory.give_back()
    before = memory.resident_bytes()
    load = loading()
    load()
    assert before is not None
    assert load.host_peak is not None
    assert load.host_peak - before + (2 << 20) >= SIZE


def test_where_the_system_cannot_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.loading.reset_peak", lambda: False)
    load = loading()
    assert load().story == ["answer", "peak"]
    assert load.host_peak is None


def test_a_model_that_does_not_answer_is_still_loaded() -> None:
    class Mute(Heavy):
        def first_token(self, prompt: list[list[int]]) -> list[list[int]]:
            raise NotImplementedError("no tokens")

    load = loading(Mute)
    assert isinstance(load(), Mute)
    assert (load.host_peak, load.device_peak) == (None, {})


def test_a_load_that_fails_says_why() -> None:
    def refuse() -> Any:
        raise MemoryError("wanted 8 TiB")

    with pytest.raises(MemoryError):
        Loading(refuse, watch=True)()
