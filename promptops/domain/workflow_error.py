"""The error a workflow's catch hands on, as one of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping

from promptops.domain.errors import PromptOpsError, every_error

TIMEOUT = "States.Timeout"


def from_workflow(error: Mapping[str, object]) -> PromptOpsError:
    """The leaf that `{Error, Cause}` names; the tree's root when it names none.

    The cause of a function's error is JSON with `errorMessage`; a state's own is plain text.
    """
    name, text = str(error.get("Error", "")), _text(str(error.get("Cause", "")))
    kind = {leaf.__name__: leaf for leaf in every_error()}.get(name)
    if kind is None:
        what = f"the workflow stopped: {name} {text}".rstrip(" .")
        return PromptOpsError(what, "Look at its execution in Step Functions.")
    what, _, fix = text.removeprefix(f"{kind.code}: ").partition(". ")
    return kind(what.rstrip(".") or kind.code, fix)


def _text(cause: str) -> str:
    try:
        document = json.loads(cause)
    except ValueError:
        return cause
    return str(document.get("errorMessage", cause)) if isinstance(document, dict) else cause
