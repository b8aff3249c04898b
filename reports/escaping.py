"""Text that came with a run, made safe to stand in Markdown."""

from __future__ import annotations

import re

SIGNS = re.compile(r"[\\`*_{}\[\]()#+!|~^$@:-]")
"""What Markdown's readers take for a mark; GitHub's for a mention, an emoji or a formula too."""
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def markdown_text(text: str) -> str:
    """`text` as it reads: no mark of Markdown and no HTML in it means anything."""
    plain = "".join(ENTITIES.get(sign, sign) for sign in text)
    return SIGNS.sub(lambda found: f"&#{ord(found[0])};", plain)
