"""Who may decide an approval, where, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptops.cli.output import moment
from promptops.domain.approval import Approval
from promptops.domain.errors import PromptOpsError
from promptops.domain.people import Actor

if TYPE_CHECKING:
    from promptops.cli.line import Line


def who_can_decide(approval: Approval, line: Line) -> Iterator[str]:
    """Lines that tell the requester whom to ask."""
    yield f"Waiting for another person to approve, until {moment(approval.expires_at)}."
    yield f"  Page:     {page_of(approval.approval_id, line)}"
    yield f"  Or:       promptops approve {approval.approval_id}"
    names, obstacle = _names(approval, line)
    if names:
        yield f"  May decide, if in the approvers' group: {', '.join(names)}"
    elif obstacle:
        yield f"  Nobody can decide yet: {obstacle}"


def page_of(approval_id: str, line: Line) -> str:
    return f"{line.installation.approval_page_url.rstrip('/')}/{approval_id}"


def _names(approval: Approval, line: Line) -> tuple[list[str], PromptOpsError | None]:
    """People who wrote, published and requested nothing of it; or why there are none."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    names, obstacle = [], None
    try:
        people = line.people
    except PromptOpsError as error:
        return [], error
    for person in people:
        for email in person.emails[:1]:
            try:
                names.append(approval.decider(Actor("oidc", email), people, now).name)
            except PromptOpsError as error:
                obstacle = error
    return names, obstacle
