"""One load, watched from nothing to its first answer."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from bench import loading
from bench.loading import watched
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

    def weight_bytes(self) -> dict[str, int]:
        return {"int8": 30, "float32": 12}

    def parameters(self) -> int:
        return 33

    def close(self) -> None:
        self.story.append("closed")


def load(model: Any) -> loading.Load:
    return watched(lambda: model)


def test_it_answers_is_looked_at_and_closed() -> None:
    model = Heavy()
    found = load(model)
    assert model.story == ["answer", "peak", "closed"]
    assert found.device_peak == {"allocated": 7, "reserved": 9}
    assert (found.weight_bytes, found.parameters) == (42, 33)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_peak_holds_what_the_first_answer_took_at_every_load() -> None:
    memory.give_back()
    before = memory.resident_bytes()
    assert before is not None
    for _ in range(2):
        found = load(Heavy())
        assert found.host_peak is not None
        assert SIZE - (2 << 20) <= found.host_peak - before < 2 * SIZE + (2 << 20)


def test_the_time_ends_with_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [5.0]
    monkeypatch.setattr(loading, "perf_counter", lambda: now[0])

    class Slow(Heavy):
        def first_token(self, prompt: list[list[int]]) -> list[list[int]]:
            now[0] += 2
            return [[0]]

        def close(self) -> None:
            now[0] += 40

    def loaded() -> Any:
        now[0] += 1
        return Slow()

    assert watched(loaded).seconds == 3


def test_where_the_system_cannot_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "reset_peak", lambda: False)
    assert load(Heavy()).host_peak is None


def test_a_model_that_does_not_answer_is_closed_and_says_why() -> None:
    class Mute(Heavy):
        def first_token(self, prompt: list[list[int]]) -> list[list[int]]:
            raise NotImplementedError("no tokens")

    model = Mute()
    with pytest.raises(NotImplementedError, match="no tokens"):
        load(model)
    assert model.story == ["closed"]


def test_a_load_that_fails_says_why() -> None:
    def refuse() -> Any:
        raise MemoryError("wanted 8 TiB")

    with pytest.raises(MemoryError):
        watched(refuse)
