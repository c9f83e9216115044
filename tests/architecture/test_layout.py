"""The house rules that can be counted: sizes of files, empty package files, no drawers for odds and ends."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMITS = {"promptops": 250, "infra": 160}
HANDLER_LINES = 40
LONGER = {
    # Every statement of every role, by hand, in one place.
    "infra/permissions.py": 250,
    # The error tree is read as one.
    "promptops/domain/errors.py": 590,
    # The outside world as a whole: one list to implement, to fake, to read.
    "promptops/ports.py": 320,
}
DRAWERS = {"utils.py", "util.py", "helpers.py", "common.py", "constants.py", "misc.py"}


def sources(folder: str) -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", LIMITS)
def test_no_file_has_outgrown_one_idea(folder: str):
    limits = {path: LONGER.get(path.as_posix(), _limit(path)) for path in sources(folder)}

    assert {str(path): lines for path, limit in limits.items() if (lines := _lines(path)) > limit} == {}


def test_handlers_are_thin():
    handlers = {path: _lines(path) for path in sources("lambdas") if path.name == "handler.py"}

    assert len(handlers) == 6
    assert {str(path): lines for path, lines in handlers.items() if lines > HANDLER_LINES} == {}


#: What applications import by its package name; no function carries it.
PUBLIC = Path("promptops/client/__init__.py")


def test_package_files_hold_a_docstring_and_nothing_else():
    for folder in ("promptops", "lambdas", "infra"):
        for path in sources(folder):
            if path.name == "__init__.py" and path != PUBLIC:
                body = ast.parse((ROOT / path).read_text()).body
                assert len(body) == 1, path
                assert ast.get_docstring(ast.parse((ROOT / path).read_text())), path


def test_every_module_says_what_it_is():
    for folder in ("promptops", "lambdas", "infra"):
        for path in sources(folder):
            assert ast.get_docstring(ast.parse((ROOT / path).read_text())), path


def test_there_is_no_drawer_for_odds_and_ends():
    names = {path.name for folder in ("promptops", "lambdas", "infra") for path in sources(folder)}

    assert not names & DRAWERS


def test_infrastructure_hands_out_permissions_by_hand():
    for path in sources("infra"):
        called = [
            node.func.attr
            for node in ast.walk(ast.parse((ROOT / path).read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        ]
        assert not [name for name in called if name.startswith("grant")], path


def _lines(path: Path) -> int:
    return len((ROOT / path).read_text().splitlines())


def _limit(path: Path) -> int:
    # The local AWS is a program beside the stacks, not a construct.
    return LIMITS["promptops"] if path.parts[:2] == ("infra", "local") else LIMITS[path.parts[0]]
