"""No text becomes code or a format: what authors and callers write is only ever put in place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("promptops", "lambdas")
    for path in (ROOT / folder).rglob("*.py")
)
EXECUTED = {"eval", "exec", "compile", "__import__"}
FORMATTED = {"format", "format_map", "vformat", "safe_substitute", "substitute"}
ENGINES = {"jinja2", "mako", "chevron", "pystache", "pickle", "marshal", "shelve", "code"}


def offences(source: str) -> Iterator[str]:
    """Every place where a text that is no literal would be executed or read as a format."""
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in EXECUTED:
            yield f"{line}: {node.func.id}()"
        elif isinstance(node, ast.Attribute) and node.attr in FORMATTED:
            yield f"{line}: .{node.attr}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and not _is_number(node):
            yield f"{line}: %"
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            yield from (f"{line}: {name}" for name in imported if (name or "").split(".")[0] in ENGINES)


def _is_number(node: ast.BinOp) -> bool:
    """`hash(key) % LOCKS`, `-len(text) % 4`: arithmetic on the left, or one of our constants on the right."""
    left = node.left.operand if isinstance(node.left, ast.UnaryOp) else node.left
    arithmetic = isinstance(left, ast.BinOp) and not isinstance(left.op, (ast.Add, ast.Mod))
    counted = isinstance(left, ast.Call) and ast.unparse(left.func) in ("hash", "len", "int")
    constant = isinstance(node.right, ast.Name) and node.right.id.isupper()
    return arithmetic or counted or constant


@pytest.mark.parametrize("path", SOURCES)
def test_no_text_is_executed_or_read_as_a_format(path: str):
    assert list(offences((ROOT / path).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "eval(text)",
        "exec(text)",
        "text.format(name=1)",
        "'{}'.format(text)",
        "str.format(text, 1)",
        "text.format_map(values)",
        "text % values",
        "'%s' % text",
        "import jinja2",
        "from jinja2.sandbox import SandboxedEnvironment",
        "string.Template(text).safe_substitute(values)",
        "import pickle",
    ],
)
def test_the_search_finds_what_it_looks_for(source: str):
    assert list(offences(source))
