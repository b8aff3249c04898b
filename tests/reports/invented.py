"""An invented machine and text, for runs that nobody measured."""

from __future__ import annotations

from typing import Any


def machine() -> dict[str, Any]:
    """An invented machine without a GPU."""
    return {
        "cpu": "Invented CPU 9000",
        "cores": 2,
        "threads": 2,
        "memory_bytes": 8_000_000_000,
        "os": "Linux 6.1",
        "python": "3.11.7",
        "flags": ["avx2", "fma"],
        "gpu": None,
        "affinity": [0, 1],
        "governor": "performance",
        "turbo": None,
        "environment": {"OMP_NUM_THREADS": "2"},
        "harness": {"version": "0.1.0", "code": "0" * 16, "commit": None, "dirty": False},
        "versions": {"torch": "2.13.0", "transformers": "5.23.0"},
        "commit": None,
        "dirty": False,
    }


def text() -> dict[str, Any]:
    """An invented evaluation text."""
    return {
        "name": "wikitext-2",
        "recipe": "window512-stride256",
        "fingerprint": "89abcdef01234567",
        "tokenizer": "0123456789abcdef",
        "tokens": 16384,
        "documents": 1,
        "bytes": 62000,
        "python": "3.11.7",
    }
