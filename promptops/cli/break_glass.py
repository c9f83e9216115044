"""What is left when the API does not answer: the pointer, typed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptops.contract.names import pointer_parameter
from promptops.domain.errors import AccessRefused, Unavailable

if TYPE_CHECKING:
    from promptops.cli.line import Line
    from promptops.domain.ledger import Head


def with_break_glass(
    error: Unavailable, prompt_id: str, environment: str, to_version: str, head: Head | None, line: Line
) -> Unavailable:
    """The same error; its fix ends with the command that works without us.

    `head` is what was live right before, None where the ledger did not say.
    """
    version = to_version or _earlier(head, environment, line)
    command = (
        f"aws ssm put-parameter --name {pointer_parameter(line.prefix, environment, prompt_id)}"
        f" --type String --value {version or 'vN'} --overwrite --region {line.installation.region}"
    )
    which = "" if version else f", vN being a version released in {environment} before"
    fix = f"Try again. If it lasts, break glass with a role that may{which}: {command}"
    return type(error)(error.what, fix, **error.data, break_glass=command)


def _earlier(head: Head | None, environment: str, line: Line) -> str:
    """The version a rollback would go to; empty where it cannot be found out."""
    from promptops.cli.fleet import newest_other

    if head is None or not head.revision:
        return ""
    try:
        version, _ = newest_other(head, None, ledger=line.ledgers[environment], registry=line.registry)
    except (AccessRefused, Unavailable):
        return ""
    return f"v{version}" if version else ""
