"""Text that came with a run, made safe to stand in Markdown."""

from __future__ import annotations

import re

MARKS = re.compile(r"[\\`*_{}\[\]!|~$]")
"""What Markdown's readers take for a mark."""
LINKS = re.compile(r"[@#&<>]|:(?=//|\w+:)|(?<=www)\.")
"""What they, and GitHub's, take for a mention, an emoji, an address or HTML."""


def markdown_text(text: str) -> str:
    """`text` as it reads: no mark of Markdown and no HTML in it means anything."""
    plain = LINKS.sub(lambda found: f"&\0{ord(found[0])};", text)
    return MARKS.sub(r"\\\g<0>", plain).replace("\0", "#")
