"""The README's tree, written anew from the files: python -m tests.tree"""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("bench", "variants", "suites", "reports")
README = ROOT / "README.md"
TREE = re.compile(r"(?<=```text\n).*?(?=\n```)", re.DOTALL)


def tree() -> str:
    """Every room's files with the first line of their docstrings."""
    lines = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py"), key=lambda p: (str(p.parent), p.name)):
            name = str(path.relative_to(ROOT)).replace("/__init__.py", "/")
            depth = name.rstrip("/").count("/")
            shown = "  " * depth + (name.rstrip("/").rsplit("/", 1)[-1] + "/" * name.endswith("/"))
            lines.append(f"{shown:<24} {caption(path)}".rstrip())
    return "\n".join(lines)


def caption(path: Path) -> str:
    """The first line of a file's docstring."""
    lines = (ast.get_docstring(ast.parse(path.read_text())) or "").strip().splitlines()
    return lines[0] if lines else ""


if __name__ == "__main__":
    README.write_text(TREE.sub(lambda _: tree(), README.read_text()))
    subprocess.run(["git", "diff", "--stat", str(README)], check=False)
