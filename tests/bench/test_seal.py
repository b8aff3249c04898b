"""The sum over a run file: the same for the same content, another for any other."""

from __future__ import annotations

import json
from typing import Any

from bench.seal import seal


def document(value: Any) -> dict[str, Any]:
    return {"benchmarks": [{"stats": {"data": [value, 2.5]}}], "weighbridge": {"date": "today"}}


def test_spacing_order_and_the_way_a_number_is_written_change_nothing() -> None:
    known = seal(document(1.0))
    assert seal(json.loads(json.dumps(document(1), indent=7))) == known
    assert seal(dict(reversed(document(1.0).items()))) == known


def test_the_sum_itself_does_not_count() -> None:
    whole = document(1.0)
    whole["weighbridge"]["sum"] = seal(whole)
    assert seal(whole) == whole["weighbridge"]["sum"]


def test_the_last_digit_of_a_number_changes_it() -> None:
    assert seal(document(0.1)) != seal(document(0.1 + 2**-56))
    assert seal(document(1)) != seal(document("1"))
    assert seal(document(None)) != seal(document(0))
