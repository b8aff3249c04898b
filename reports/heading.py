"""What was measured on what, in one line: model, text, machine and threads."""

from __future__ import annotations

from collections.abc import Iterator

from bench.record import Run
from reports.names import visible


def heading(run: Run) -> list[str]:
    """The parts of the line; what the run does not say is left out."""
    return [visible(part) for part in _parts(run)]


def _parts(run: Run) -> Iterator[str]:
    if run.settings.get("teacher"):
        yield f"model {run.settings['teacher']}"
    text, machine = run.text, run.machine
    if text.get("name"):
        yield f"text {text['name']} {_text_details(run)}".strip()
    if machine.get("cpu"):
        yield str(machine["cpu"])
    gpu = machine.get("gpu")
    if gpu:
        yield str(gpu.get("name", "a GPU"))
    if machine.get("threads"):
        count = machine["threads"]
        yield f"{count} thread{'' if count == 1 else 's'}"


def _text_details(run: Run) -> str:
    tokens, fingerprint = run.text.get("tokens"), run.text.get("fingerprint")
    said = [f"{tokens:,} tokens"] if isinstance(tokens, int) else []
    said += [str(fingerprint)[:8]] if fingerprint else []
    return f"({', '.join(said)})" if said else ""
