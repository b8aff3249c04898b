"""The sum over a run file, written with it: a figure that was changed afterwards shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

OURS, SEAL = "weighbridge", "sum"


def seal(document: Mapping[str, Any]) -> str:
    """sha256 over everything in a run file but the sum itself, whatever its spacing and order."""
    ours = {key: value for key, value in document[OURS].items() if key != SEAL}
    whole = _settled({**document, OURS: ours})
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _settled(value: Any) -> Any:
    """1.0 and 1 are one number to JSON's other writers."""
    if isinstance(value, Mapping):
        return {str(key): _settled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_settled(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
