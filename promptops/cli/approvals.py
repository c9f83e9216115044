"""promptops approvals, approve, reject: what waits for another person, and one decision about it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Comment, Prefix, Profile, Region
from promptops.cli.output import answer, moment, table

ApprovalId = Annotated[str, typer.Argument(metavar="ID", help="As promptops approvals or the mail shows it.")]


def approvals(
    profile: Profile = "", region: Region = "", prefix: Prefix = PREFIX, as_json: AsJson = False
) -> None:
    """List the releases that wait for another person.

    \b
    Example:  promptops approvals
    Next:     promptops approve prod-4f1c… --comment "checked the refund wording"
    """
    from promptops.cli.deciders import page_of

    to_stack = line.open_line(profile, region, prefix)
    found = [item for name in to_stack.ledgers.names for item in to_stack.ledgers[name].open_approvals()]
    documents = [{**item.to_dict(), "page": page_of(item.approval_id, to_stack)} for item in found]
    rows = [
        (
            item.approval_id,
            f"{item.subject.prompt_id}@v{item.subject.version}",
            item.subject.environment,
            to_stack.people.name_of(item.requested_by),
            moment(item.expires_at),
            item.reason,
        )
        for item in found
    ]
    heads = ("ID", "VERSION", "ENV", "REQUESTED BY", "UNTIL", "REASON")
    page = f"Decide on the page: {to_stack.installation.approval_page_url}"
    lines = [table(heads, rows), page] if rows else ["Nothing waits for approval."]
    answer({"approvals": documents}, *lines, as_json=as_json)


def approve(
    approval_id: ApprovalId,
    comment: Comment = "",
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Approve a release that somebody else wrote and requested.

    \b
    Example:  promptops approve prod-4f1c… --comment "checked the refund wording"
    Next:     promptops history refund-policy --env prod
    """
    _decide(approval_id, "approve", comment, line.open_line(profile, region, prefix), as_json=as_json)


def reject(
    approval_id: ApprovalId,
    comment: Comment,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Reject a release and tell its requester why.

    \b
    Example:  promptops reject prod-4f1c… --comment "R5 contradicts the policy of March"
    Next:     promptops approvals
    """
    _decide(approval_id, "reject", comment, line.open_line(profile, region, prefix), as_json=as_json)


def _decide(approval_id: str, decision: str, comment: str, to_stack: line.Line, *, as_json: bool) -> None:
    from promptops.contract.bodies import DecisionBody

    body = DecisionBody(decision, comment).to_dict()
    document = to_stack.api.post(f"/v1/approvals/{quote(approval_id, safe='')}", body, repeatable=False)
    said = "Approved; the release goes on." if decision == "approve" else "Rejected; nothing was released."
    answer(document, said, as_json=as_json)
