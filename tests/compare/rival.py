"""optimum-benchmark 0.6.0 in an environment of its own: the grid as one sweep of its command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from bench.process import for_libraries
from bench.steady import steady_from
from tests.compare.seen import (
    BATCHES,
    CELLS,
    HEAP,
    NEW,
    PARTS,
    PROMPTS,
    Asked,
    Seen,
    Session,
    of_samples,
    once,
)

RIVAL = "optimum-benchmark==0.6.0"
SAME = ("torch", "transformers", "tokenizers", "safetensors", "numpy", "huggingface_hub")
"""Pinned to what this process has, so that both tools time the same code."""
DROPPED = "    SpecialTokensMixin,\n"
"""A name that transformers 5 no longer has; 0.6.0 imports it and uses it in one annotation only."""
CONFIG = """defaults:
  - benchmark
  - scenario: inference
  - launcher: process
  - backend: pytorch
  - _self_
name: grid
backend:
  model: {model}
  task: text-generation
  library: transformers
  model_type: gpt2
  device: cpu
  inter_op_num_threads: {threads}  # what it hands to torch.set_num_threads
scenario:
  latency: true
  memory: true
  input_shapes:
    batch_size: 1
    sequence_length: 32
  generate_kwargs:
    max_new_tokens: {new}
    min_new_tokens: {new}
hydra:
  sweep:
    dir: {out}
    subdir: b${{scenario.input_shapes.batch_size}}-p${{scenario.input_shapes.sequence_length}}
  job:
    chdir: true
"""
"""Its own defaults otherwise: a process a config, 10 warm-ups, at least 10 runs and 10 s."""


def environment(folder: Path) -> Path:
    """A virtual environment with the rival; made where it is missing or of other versions."""
    wanted = [RIVAL, *(f"{name}=={version(name).partition('+')[0]}" for name in SAME)]
    stamp = folder / "wanted.json"
    if not stamp.exists() or json.loads(stamp.read_text()) != wanted:
        print(f"making {folder} with {' '.join(wanted)}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/python", "-m", "pip", "install", "-q", *wanted], check=True)
        _mend(folder)
        stamp.write_text(json.dumps(wanted))
    return folder


def _mend(folder: Path) -> None:
    (file,) = folder.glob("lib/*/site-packages/optimum_benchmark/backends/transformers_utils.py")
    text = file.read_text()
    assert text.count(DROPPED) == 1
    file.write_text(text.replace(DROPPED, ""))


def sweep(environment: Path, model: Path, out: Path, asked: Asked) -> Session:
    """The four configs by its own command, a process each. Raises CalledProcessError."""
    out.mkdir()
    config = CONFIG.format(model=model, threads=asked.threads, new=NEW, out=out)
    (out / "grid.yaml").write_text(config)
    command = [
        str(environment / "bin" / "optimum-benchmark"),
        *("--config-dir", str(out), "--config-name", "grid", "--multirun"),
        f"scenario.input_shapes.batch_size={','.join(map(str, BATCHES))}",
        f"scenario.input_shapes.sequence_length={','.join(map(str, PROMPTS))}",
        *(f"scenario.{name}={value}" for name, value in asked.hurry.items()),
    ]
    return _session(command, out, for_libraries(asked.threads))


def inline(environment: Path, model: Path, out: Path, asked: Asked) -> Session:
    """Its times with nothing beside the measured process.

    The process launcher's parent polls for the report without a pause, and so takes a core.
    """
    out.mkdir()
    wanted = {"model": str(model), "threads": asked.threads, "cells": CELLS, "new": NEW}
    words = json.dumps({**wanted, "hurry": dict(asked.hurry)})
    script = str(Path(__file__).with_name("rival_inline.py"))
    python = str(environment / "bin" / "python")
    env = {**for_libraries(asked.threads), **HEAP}
    return _session([python, "-P", script, words], out, env)  # -P: optimum.py beside it is ours


def _session(command: list[str], out: Path, more: Mapping[str, str]) -> Session:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    env = {**kept, **more, "HF_HUB_OFFLINE": "1"}
    with out.with_suffix(".log").open("w") as log:
        start = perf_counter()
        subprocess.run(command, cwd=out, env=env, stdout=log, stderr=subprocess.STDOUT, check=True)
        wall = perf_counter() - start
    return Session(wall=wall, cells={cell: _read(out / "b{}-p{}".format(*cell)) for cell in CELLS})


def _read(folder: Path) -> dict[str, Seen]:
    report = json.loads((folder / "benchmark_report.json").read_text())
    samples = {part: report[part]["latency"]["values"] for part in PARTS}
    cut = steady_from(samples["generate"])
    seen = {part: of_samples(samples[part], cut) for part in PARTS}
    if memory := report["decode"]["memory"]:
        seen["memory"] = once(memory["max_ram"] * 1e6)
    return seen
