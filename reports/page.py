"""What every page begins with: its style, its script, and a policy that allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

STYLE, SCRIPT = "page.css", "page.js"


def frame(more: str = "") -> dict[str, Any]:
    """Style (`more`: further rules), script and policy, for the template that writes them."""
    from markupsafe import Markup  # noqa: PLC0415

    style, script = _text(STYLE) + more, _text(SCRIPT)
    return {"style": Markup(style), "script": Markup(script), "policy": policy(style, script)}


def policy(style: str, script: str) -> str:
    """The content security policy: its own style and script by their hashes, no other source.

    Trusted Types are required and no policy for them is allowed, so that a script may write
    text only.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'sha256-{_digest(script)}'",
            f"style-src 'sha256-{_digest(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(name: str) -> str:
    return files("reports").joinpath("templates", name).read_text(encoding="utf-8")
