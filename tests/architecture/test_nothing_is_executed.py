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
LOADERS = {"importlib", "importlib.util", "importlib.machinery", "runpy", "imp"}
#: An author's own graders are files of code, and run where their author runs `promptops evaluate`: in a
#: process of this program, which nothing imports. No command, stage or function loads code by a given name.
RUNS_GRADERS = "promptops/cli/graders/runner.py"


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
            for name in imported:
                if (name or "").split(".")[0] in ENGINES or name in LOADERS:
                    yield f"{line}: {name}"


def _is_number(node: ast.BinOp) -> bool:
    """`hash(key) % LOCKS`, `-len(text) % 4`: arithmetic on the left, or one of our constants on the right."""
    left = node.left.operand if isinstance(node.left, ast.UnaryOp) else node.left
    arithmetic = isinstance(left, ast.BinOp) and not isinstance(left.op, (ast.Add, ast.Mod))
    counted = isinstance(left, ast.Call) and ast.unparse(left.func) in ("hash", "len", "int")
    constant = isinstance(node.right, ast.Name) and node.right.id.isupper()
    return arithmetic or counted or constant


@pytest.mark.parametrize("path", SOURCES)
def test_no_text_is_executed_or_read_as_a_format(path: str):
    found = [offence.partition(": ")[2] for offence in offences((ROOT / path).read_text(encoding="utf-8"))]

    assert found == (["importlib.util"] if path == RUNS_GRADERS else [])


def test_the_program_that_runs_graders_is_imported_by_nothing():
    name = RUNS_GRADERS.removesuffix(".py").replace("/", ".")
    importing = [
        path
        for path in SOURCES
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if name in _imported(node)
    ]

    assert importing == []
    assert (ROOT / RUNS_GRADERS).is_file()


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()


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
        "import importlib",
        "from importlib.util import module_from_spec",
        "import runpy",
    ],
)
def test_the_search_finds_what_it_looks_for(source: str):
    assert list(offences(source))
