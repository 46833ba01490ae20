"""The product's own Python files, parsed once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LAYERS = ("app", "media", "realtime", "portals", "schools")


@cache
def parsed() -> dict[str, ast.Module]:
    """Tree of every source file by its path from the root."""
    paths = [ROOT / "run.py", *(path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py")))]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def nodes_of(name: str) -> list[ast.AST]:
    """All nodes of a file. Walking through the trees is most of what reading rules off them costs."""
    return list(ast.walk(parsed()[name]))


@cache
def lines_of(name: str) -> list[str]:
    return (ROOT / name).read_text(encoding="utf-8").splitlines()
