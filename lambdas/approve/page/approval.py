"""The page of one approval: everything a decision rests on, and the decision."""

from __future__ import annotations

from collections.abc import Sequence

from lambdas.approve.page import decision, diff
from lambdas.approve.page.evidence import evidence
from lambdas.approve.page.layout import card, definitions, shell
from lambdas.approve.page.moments import left, moment
from lambdas.approve.page.waiting import waiting_list
from promptops.domain.errors import PromptOpsError
from promptops.domain.markup import Html, tag
from promptops.stages.approve import View, Waiting
from promptops.stages.background import Background

_STATUS = {
    "APPROVED": ("approved", "good"),
    "REJECTED": ("rejected", "bad"),
    "SUPERSEDED": ("superseded", ""),
}


def approval_page(
    view: View,
    behind: Background,
    others: Sequence[Waiting],
    *,
    page_url: str,
    email: str,
    token: str,
    comment: str = "",
    problem: PromptOpsError | None = None,
) -> Html:
    """The document; it holds a form exactly when this viewer may decide now."""
    banner = decision.outcome(view)
    live = f"v{view.from_version}" if view.from_version else ""
    candidate = f"v{view.ref.version}"
    title = f"Release {view.ref} to {view.approval.subject.environment}"
    action = f"{page_url}/approvals/{view.approval.approval_id}"
    return shell(
        title,
        _heading(view, title),
        banner,
        _request(view, live or "nothing yet", candidate),
        evidence(view.report, view.approval.subject.report_sha256, behind),
        diff.texts(view.changes, live, candidate),
        diff.settings((*view.changes.facts, *view.rules), live, candidate),
        None if banner else decision.form(view, action=action, token=token, comment=comment, problem=problem),
        _progress(view),
        card("Also waiting", waiting_list(others, page_url), name="others") if others else None,
        page_url=page_url,
        email=email,
    )


def _heading(view: View, title: str) -> Html:
    high = view.risk == "high"
    status, tone = _STATUS.get(view.approval.status, ("", ""))
    if not status:
        over = view.now >= view.approval.expires_at
        status = "expired" if over else f"{left(view.now, view.approval.expires_at)} left to decide"
        tone = "bad" if over else "warn"
    pills = [
        tag("li", f"{view.risk} risk", class_="pill bad" if high else "pill"),
        tag("li", view.approval.subject.environment, class_="pill"),
        tag("li", status, class_=f"pill {tone}".strip()),
    ]
    return tag(
        "div",
        tag("p", "Approval", class_="eyebrow"),
        tag("h1", title),
        tag("p", view.record.description, class_="lead") if view.record.description else None,
        tag("ul", pills, class_="pills"),
    )


def _request(view: View, live: str, candidate: str) -> Html:
    approval, record = view.approval, view.record
    move = tag("p", tag("span", live, class_="old"), " → ", tag("span", candidate), class_="move")
    rows = definitions(
        ("Asked by", view.requester),
        ("Asked", moment(approval.requested_at)),
        ("Why release it now", approval.reason or "no reason was given"),
        ("Why it was changed", record.rationale or "no reason was given"),
        ("Written by", ", ".join(approval.authors) or str(record.published_by)),
        ("Owner", record.owner),
        ("Decide before", moment(approval.expires_at)),
        ("Commit", tag("code", record.commit)) if record.commit else None,
    )
    digest = definitions(("Content", tag("code", f"sha256:{record.sha256}")), columns="one")
    return card("The request", move, rows, digest, name="request")


def _progress(view: View) -> Html | None:
    if not view.request.steps:
        return None
    steps = [tag("li", moment(step.at), tag("span", step.text)) for step in view.request.steps]
    return card("So far", tag("ol", steps, class_="steps"), name="progress")
