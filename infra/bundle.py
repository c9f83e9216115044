"""The code of each function: its folder and whatever that imports of ours, module by module, no more.

So a function's zip changes with its own code only, and what must stay out of it, evaluation out of resolve,
is not there to be imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as lambda_

ROOT = Path(__file__).parents[1]
_OURS = ("promptops", "lambdas")


def code(verb: str) -> lambda_.Code:
    """The asset of one function; raises FileNotFoundError where there is no handler."""
    kept = [path.relative_to(ROOT) for path in sources(verb)]
    folders = {parent for path in kept for parent in path.parents if parent.name}
    # Git's rules, not globs: with those a folder that is left out takes its exceptions with it, silently.
    patterns = ["*", *(f"!/{folder}/" for folder in sorted(folders)), *(f"!/{path}" for path in kept)]
    return lambda_.Code.from_asset(str(ROOT), ignore_mode=IgnoreMode.GIT, exclude=patterns)


def sources(verb: str) -> list[Path]:
    """The files of one function's zip, sorted."""
    folder = ROOT / "lambdas" / verb
    if not (folder / "handler.py").is_file():
        raise FileNotFoundError(f"{folder / 'handler.py'} is missing: the function would have nothing to run")
    found: set[Path] = set()
    waiting = [*folder.rglob("*.py"), ROOT / "lambdas" / "__init__.py"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imported(path))
    return sorted(found)


def _imported(path: Path) -> Iterator[Path]:
    """Our files that importing this one loads, packages on the way included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] in _OURS:
                yield from _files(name)


def _files(name: str) -> Iterator[Path]:
    parts = name.split(".")
    module = ROOT.joinpath(*parts).with_suffix(".py")
    if module.is_file():
        yield module
    for depth in range(1, len(parts) + 1):
        package = ROOT.joinpath(*parts[:depth], "__init__.py")
        if package.is_file():
            yield package
