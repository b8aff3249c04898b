"""Data inside a page: JSON that a script reads, and files that a reader saves."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.record import SCHEMA, Record, Run, to_json
from bench.seal import OURS, SEAL, seal

if TYPE_CHECKING:
    from markupsafe import Markup

LARGEST = 1_500_000
"""Characters of the link that holds a whole run; a page is to stay below 3 MB with it."""
SAMPLE_BYTES = 10
"""What a sample takes in such a link: raw figures hardly compress."""
STEERING = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A run inside the page that shows it."""

    link: str
    """A data: link that holds a compressed file."""
    size: int
    """Bytes of that file."""
    samples: int
    """How many were left out, as the page would have become too large; 0: it is whole."""


def island(data: object) -> Markup:
    """JSON that ends no script element, whatever its strings hold."""
    from markupsafe import Markup  # noqa: PLC0415

    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign, escaped in STEERING.items():
        text = text.replace(sign, escaped)
    return Markup(text)


def saved(run: Run) -> Saved:
    """The run as a compressed file in a link; without its samples where they are too many."""
    count = sum(len(v.samples) for record in run.records for v in record.values.values())
    left_out = count if SAMPLE_BYTES * count > LARGEST else 0
    text = json.dumps(document(_without_samples(run) if left_out else run), allow_nan=False)
    packed = gzip.compress(text.encode(), compresslevel=6, mtime=0)
    link = f"data:application/gzip;base64,{base64.b64encode(packed).decode()}"
    return Saved(link=link, size=len(packed), samples=left_out)


def document(run: Run) -> dict[str, Any]:
    """The run as a file that every command reads: all but pytest-benchmark's own rows."""
    ours: dict[str, Any] = {
        "schema": SCHEMA,
        "date": run.date,
        "machine": dict(run.machine),
        "settings": dict(run.settings),
        "text": dict(run.text),
        "variants": {name: dict(about) for name, about in run.variants.items()},
        "records": [to_json(record) for record in run.records if record.figured],
        "absent": [to_json(record) for record in run.records if not record.figured],
    }
    whole: dict[str, Any] = {"benchmarks": [], "datetime": run.date, OURS: ours}
    ours[SEAL] = seal(whole)
    return whole


def _without_samples(run: Run) -> Run:
    """The same figures; what made them of samples is no longer said, as none can show it."""
    return replace(run, records=tuple(_bare(record) for record in run.records))


def _bare(record: Record) -> Record:
    values = {
        name: replace(value, samples=(), weights=(), estimator=None, cut=0)
        for name, value in record.values.items()
    }
    return replace(record, values=values)
