"""The form that decides, and what its outcome means."""

from __future__ import annotations

from lambdas.approve.page.layout import banner, card
from lambdas.approve.page.moments import moment
from promptops.domain.errors import (
    ApprovalExpired,
    NotConfirmed,
    PromptOpsError,
    SelfApproval,
    UnknownPerson,
)
from promptops.domain.markup import Html, tag
from promptops.domain.request import MAX_REASON_CHARS
from promptops.stages.approve import View

_TITLES: tuple[tuple[type[PromptOpsError], str], ...] = (
    (SelfApproval, "Somebody else must decide this"),
    (UnknownPerson, "You cannot decide this yet"),
)


def outcome(view: View) -> Html | None:
    """The banner over what is decided, or what this viewer may not decide; None where a form follows."""
    approval, ref = view.approval, view.ref
    when = [" at ", moment(approval.decided_at)] if approval.decided_at else None
    environment = approval.subject.environment
    if approval.status == "APPROVED":
        return banner(
            "Released" if approval.consumed_by else "Approved",
            tag("p", f"{view.decider} approved {ref}", when, "."),
            _comment(approval.comment),
            tag("p", f"It is live in {environment} now." if approval.consumed_by else _next(view)),
            tone="good",
        )
    if approval.status == "REJECTED":
        kept = f"{environment} stays as it is. " if view.from_version else ""
        return banner(
            "Rejected",
            tag("p", f"{view.decider} rejected {ref}", when, "."),
            _comment(approval.comment),
            tag("p", f"{kept}The requester sees the comment; a corrected version is published anew."),
            tone="bad",
        )
    if approval.status == "SUPERSEDED":
        text = f"Another request for {ref.prompt_id} took its place. Nothing was released from this one."
        return banner("Superseded", tag("p", text))
    return _obstacle(view, view.obstacle) if view.obstacle else None


def form(view: View, *, action: str, token: str, comment: str, problem: PromptOpsError | None) -> Html:
    """The card with the decision form; `problem` says what was wrong with the last attempt."""
    error = banner("Not decided", tag("p", f"{problem.what}. {problem.fix}"), tone="bad") if problem else None
    fields = [
        tag("input", type="hidden", name="token", value=token),
        _comment_field(comment),
        _confirmation_field(view.confirmation, wrong=isinstance(problem, NotConfirmed)),
        tag(
            "div",
            tag("button", "Approve", type="submit", name="decision", value="approve"),
            tag(
                "button",
                "Reject",
                type="submit",
                name="decision",
                value="reject",
                class_="reject",
                formnovalidate=True,
            ),
            class_="buttons",
        ),
    ]
    subject = view.approval.subject
    what = f"Approving releases {view.ref} to {subject.environment}: these exact bytes and no others."
    return card(
        "Your decision",
        tag("p", what),
        error,
        tag("form", *fields, class_="decision", method="post", action=action),
        name="decision",
    )


def _next(view: View) -> str:
    environment = view.approval.subject.environment
    if view.request.ended and view.request.status != "released":
        return f"The request then ended as {view.request.status}; nothing was released from it."
    return f"The workflow goes on by itself: it checks everything again, then moves {environment}."


def _obstacle(view: View, error: PromptOpsError) -> Html:
    if isinstance(error, ApprovalExpired):
        text = ["Nobody decided before ", moment(view.approval.expires_at), ". ", error.fix]
        return banner("This approval has expired", tag("p", *text))
    titles = (title for kind, title in _TITLES if isinstance(error, kind))
    what = error.what[:1].upper() + error.what[1:]
    return banner(next(titles, "This can no longer be decided"), tag("p", f"{what}. {error.fix}"))


def _comment(comment: str) -> Html | None:
    return tag("p", f"“{comment}”") if comment else None


def _comment_field(comment: str) -> Html:
    hint = "Needed to reject; the requester reads it."
    area = tag(
        "textarea",
        f"\n{comment}",
        id="comment",
        name="comment",
        rows="4",
        maxlength=str(MAX_REASON_CHARS),
        aria_describedby="comment-hint",
    )
    label = tag("label", "Comment", for_="comment")
    return tag("div", label, tag("p", hint, id="comment-hint", class_="hint"), area)


def _confirmation_field(confirmation: str, *, wrong: bool) -> Html | None:
    if not confirmation:
        return None
    field = tag(
        "input",
        type="text",
        id="confirmation",
        name="confirmation",
        required=True,
        autocomplete="off",
        autocapitalize="none",
        spellcheck="false",
        aria_describedby="confirmation-hint",
        aria_invalid="true" if wrong else False,
    )
    label = tag("label", "Type ", tag("code", confirmation), " to approve", for_="confirmation")
    hint = "This prompt is high risk. Not needed to reject."
    return tag("div", label, tag("p", hint, id="confirmation-hint", class_="hint"), field)
