"""Promise: whoever changes how an answer is graded changes the digest that evidence is bound to."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

import pytest

from promptops.domain.grader_set import GRADERS

DOMAIN = Path(__file__).parents[4] / "promptops" / "domain"
#: What grades hang on besides the graders themselves.
BESIDE = (
    "assertions.py",
    "evaluation/repeats.py",
    "json_in_prose.py",
    "json_schema.py",
    "pattern.py",
    "pattern_syntax.py",
    "strict_json.py",
    "template.py",
)


def meaning(source: str) -> str:
    """The code without its comments, layout and docstrings, the same in every version of Python."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:]
    return _written(tree)


def _written(node: object) -> str:
    if isinstance(node, ast.AST):
        # Fields that say nothing are left out: newer versions of Python have more of them.
        fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return f"{type(node).__name__}({', '.join(f'{name}={_written(value)}' for name, value in fields)})"
    if isinstance(node, list):
        return f"[{', '.join(map(_written, node))}]"
    return repr(node)


def test_the_digest_is_that_of_the_graders():
    files = sorted([*(DOMAIN / "graders").glob("*.py"), *(DOMAIN / name for name in BESIDE)])
    parts = [f"{path.relative_to(DOMAIN)}\n{meaning(path.read_text(encoding='utf-8'))}\n" for path in files]
    digest = hashlib.sha256("".join(parts).encode()).hexdigest()

    assert digest == GRADERS, (
        "The graders have changed, and evidence made with the old ones no longer counts. "
        f'If that is meant, write GRADERS = "{digest}" into promptops/domain/grader_set.py.'
    )


def test_layout_comments_and_docstrings_do_not_count():
    assert meaning('"""Said."""\ndef f(a: int) -> int:\n    """So."""\n    return a + 1  # why\n') == meaning(
        '"""Other."""\n\n\ndef f(a: int) -> int:\n    # not\n    return (a\n            + 1)\n'
    )


@pytest.mark.parametrize("other", ["a + 2", "a - 1", "b + 1", "f'{a}'"])
def test_everything_else_counts(other: str):
    assert meaning("x = a + 1") != meaning(f"x = {other}")
