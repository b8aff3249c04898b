"""Invented process pairs, in the form that the commands store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from bench.control import CONTROL

Json = dict[str, Any]
CELLS = [f"decode[{name}-b{batch}-p8-n4]" for name in ("teacher", "int8") for batch in range(1, 7)]


def turns(dice: numpy.random.Generator, slower: float = 0.0, spread: float = 0.004) -> Json:
    """Four blocks around a millisecond; the head `slower` as a log ratio."""
    base, head = (numpy.exp(dice.normal(0, spread, 8)) / 1e3 for _ in range(2))
    return {"base": base.tolist(), "head": (head * numpy.exp(slower)).tolist()}


def pair(
    dice: numpy.random.Generator,
    cells: Sequence[str] = CELLS,
    slower: Mapping[str, float] | None = None,
    control: float = 0.0,
) -> Json:
    """One pair; `slower` by cell."""
    known = slower or {}
    return {
        "cells": {
            CONTROL: {CONTROL: turns(dice, control)},
            **{cell: {"latency": turns(dice, known.get(cell, 0.0))} for cell in cells},
        },
        "failed": {},
    }
