"""What a user writes for a number, a share, a time or an axis: checked, each fault one line."""

from __future__ import annotations

import re

from bench.errors import Misuse


def axis(flag: str, value: str | None) -> tuple[int, ...] | None:
    """A grid's axis such as `1,4`. Raises Misuse where it is anything else."""
    if value is None:
        return None
    if not re.fullmatch(r"\s*[1-9]\d{0,8}\s*(,\s*[1-9]\d{0,8}\s*)*", value):
        raise Misuse(f"{flag} {value!r} is not a list of positive whole numbers such as 1,4")
    return tuple(dict.fromkeys(int(word) for word in value.split(",")))


def whole(name: str, text: str) -> int:
    """A whole number from 0. Raises Misuse."""
    if not re.fullmatch(r"\d{1,18}", text):
        raise Misuse(f"--{name.replace('_', '-')} {text!r} is not a whole number")
    return int(text)


def positive(name: str, text: str) -> int:
    """A whole number from 1. Raises Misuse."""
    number = whole(name, text)
    if number < 1:
        raise Misuse(f"--{name.replace('_', '-')} must be at least 1")
    return number


def share(name: str, text: str) -> float:
    """`2%` or `0.02`. Raises Misuse outside of 0 to 100 %."""
    found = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*(%?)", text.strip())
    said = float(found[1]) / (100 if found[2] else 1) if found else 0.0
    if not 0 < said < 1:
        raise Misuse(f"--{name} {text!r} is no share between 0 and 100 %, such as 1%")
    return said


def limit(name: str, text: str) -> float:
    """A share, or all of it: then nothing is beyond."""
    return 1.0 if text.strip() in ("1", "1.0", "100%") else share(name, text)


def seconds(name: str, text: str) -> float:
    """`10s`, `500ms`, `2min` or plain seconds. Raises Misuse where it is no time."""
    found = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*(ms|s|min|)", text.strip())
    time = float(found[1]) * {"ms": 1e-3, "min": 60.0}.get(found[2], 1.0) if found else 0.0
    if time <= 0:
        raise Misuse(f"--{name} {text!r} is no time above zero, such as 10s, 500ms or 2min")
    return time
