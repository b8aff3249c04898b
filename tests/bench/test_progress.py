"""Lines where nobody watches, a bar where somebody does."""

import io
import sys

import pytest

from bench import progress as room
from bench.progress import EVERY, progress


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_the_last_step_is_always_said(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("training", 3) as advance:
        for step in range(3):
            advance(f"loss {step}")
    assert capsys.readouterr().err == "training 3/3 loss 2\n"


def test_a_line_every_few_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(room, "monotonic", lambda: now[0])
    with progress("training", 100) as advance:
        for _ in range(25):
            now[0] += EVERY / 10
            advance()
    assert capsys.readouterr().err.splitlines() == ["training 10/100", "training 20/100"]


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with progress("training", 2) as advance:
        advance()
        advance("loss 1.5")
    assert "training 2/2" in screen.getvalue()
    assert "loss 1.5" in screen.getvalue()


def test_an_error_passes_through() -> None:
    with pytest.raises(RuntimeError, match="within"), progress("training", 2):
        raise RuntimeError("within")
