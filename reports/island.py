"""Data inside a page: JSON that a script reads, and files that a reader saves."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.record import SCHEMA, Run, to_json
from bench.seal import OURS, SEAL, seal

if TYPE_CHECKING:
    from markupsafe import Markup

LARGEST = 1_600_000
"""Characters of the link that holds a whole run; a page is to stay below 3 MB with it."""
STEERING = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A run inside the page that shows it."""

    link: str
    """A data: link; empty where it would be too large."""
    size: int
    """Bytes, compressed."""


def island(data: object) -> Markup:
    """JSON that ends no script element, whatever its strings hold."""
    from markupsafe import Markup  # noqa: PLC0415

    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign, escaped in STEERING.items():
        text = text.replace(sign, escaped)
    return Markup(text)


def saved(run: Run) -> Saved:
    """The run as a compressed file in a link, if it is not too large for a page."""
    packed = gzip.compress(json.dumps(document(run)).encode(), compresslevel=6, mtime=0)
    link = f"data:application/gzip;base64,{base64.b64encode(packed).decode()}"
    return Saved(link=link if len(link) <= LARGEST else "", size=len(packed))


def document(run: Run) -> dict[str, Any]:
    """The run as a file that every command reads: all but pytest-benchmark's own rows."""
    cells = [to_json(record) for record in run.records]
    ours: dict[str, Any] = {
        "schema": SCHEMA,
        "date": run.date,
        "machine": dict(run.machine),
        "settings": dict(run.settings),
        "text": dict(run.text),
        "variants": {name: dict(about) for name, about in run.variants.items()},
        "records": [
            cell for cell, record in zip(cells, run.records, strict=True) if record.figured
        ],
        "absent": [
            cell for cell, record in zip(cells, run.records, strict=True) if not record.figured
        ],
    }
    whole: dict[str, Any] = {"benchmarks": [], "datetime": run.date, OURS: ours}
    # as a reader will see it, which is what the sum is over
    whole = json.loads(json.dumps(whole, allow_nan=False))
    whole[OURS][SEAL] = seal(whole)
    return whole
