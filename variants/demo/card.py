"""Writes the embedded teacher's model card from what its training recorded."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

CARD = """\
---
license: apache-2.0
library_name: transformers
pipeline_tag: text-generation
tags: [gpt2, code, python]
---
# demo: Weighbridge's embedded teacher

A GPT-2-architecture language model of {{ "{:,}".format(parameters) }} parameters
({{ recipe.layers }} layers, width {{ recipe.width }}, {{ recipe.heads }} heads,
{{ recipe.positions }} positions, byte-level BPE of {{ recipe.vocabulary }} tokens, float32
safetensors). It exists so that a compression benchmark can run offline on a model that has learnt
something. It is of no other use: do not deploy it.

## Data
Only the text that every Python {{ python }} carries, so that anyone can train it again:

| part | tokens | share of the windows |
|---|---|---|
{% for name, share in recipe.mix -%}
| {{ names[name] }} | {{ "{:,}".format(tokens[name]) }} | {{ (100 * share) | round | int }} % |
{% endfor %}
Held out: the other half of `pydoc_data.topics`, {{ "{:,}".format(held_out_tokens) }} tokens
({{ "{:,}".format(held_out_bytes) }} bytes). A topic is held out where the sha256 of its name begins
with an even byte. Every paragraph of the training text that shares thirteen words in a row with the
held-out text is left out.

The text is part of CPython: Copyright Python Software Foundation, under the PSF License Agreement
(version 2), which allows derivative works. The weights and this card are under Apache-2.0, as the
rest of Weighbridge.

## Recipe
`python -m variants.demo.train` (seed {{ recipe.seed }}): {{ "{:,}".format(recipe.steps) }} steps of
{{ recipe.batch }} x {{ recipe.positions }} tokens; AdamW, betas 0.9 and 0.95, weight decay
{{ recipe.weight_decay }} on matrices; rate up to {{ recipe.peak_rate }} over
{{ recipe.warmup_steps }} steps, then a cosine to a hundredth of it; gradients clipped at 1;
bfloat16 autocast; no dropout. It took {{ (seconds / 60) | round | int }} minutes on {{ threads }}
threads with PyTorch {{ torch }}. Seeded, but not bit for bit the same on another processor or
version.

## What it reached
Nats per token on the held-out text, disjoint windows of {{ recipe.positions }}:

| model | loss |
|---|---|
| this model | **{{ "%.3f" | format(last.held_out) }}** |
| unigram, counted on the training text (add-one) | {{ "%.3f" | format(unigram.trained) }} |
| the best unigram that there can be (the held-out text's own entropy) | {{ "%.3f" | format(unigram.best_possible) }} |

It stands {{ "%.2f" | format(unigram.best_possible - last.held_out) }} nats below that best unigram.

The curve (the held-out text is only looked at, never chosen by):

| step | training loss, moving mean | held-out loss |
|---|---|---|
{% for point in curve -%}
| {{ "{:,}".format(point.step) }} | {{ "%.3f" | format(point.train) }} | {{ "%.3f" | format(point.held_out) }} |
{% endfor %}
Slope over the last doubling of steps ({{ "{:,}".format(half.step) }} to
{{ "{:,}".format(last.step) }}): {{ "%.3f" | format(last.held_out - half.held_out) }} nats per token.
The last eighth is flat on the held-out text while the training loss still falls: more steps on this
text would not help.
"""
NAMES = {
    "topics": "half of `pydoc_data.topics`",
    "docstrings": "docstrings of the standard library",
    "sources": "sources of the standard library, tests left out",
}


def write_card(facts: Mapping[str, Any], path: Path) -> None:
    """The whole card, from training.json alone."""
    curve = facts["curve"]
    half = min(curve, key=lambda point: abs(point["step"] - curve[-1]["step"] / 2))
    page = Environment(undefined=StrictUndefined, trim_blocks=False).from_string(CARD)
    path.write_text(page.render(**facts, names=NAMES, last=curve[-1], half=half), encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    write_card(json.loads((folder / "training.json").read_text()), folder / "README.md")
