"""What waits for a decision."""

from __future__ import annotations

from collections.abc import Sequence

from lambdas.approve.page.layout import card, shell
from lambdas.approve.page.moments import left
from promptops.domain.identifiers import PromptRef
from promptops.domain.markup import Html, tag
from promptops.stages.approve import Waiting


def waiting_page(items: Sequence[Waiting], *, page_url: str, email: str) -> Html:
    """All open approvals: first those this viewer may decide, then those somebody else must."""
    mine = [item for item in items if item.obstacle is None]
    others = [item for item in items if item.obstacle is not None]
    nothing = tag("p", "Nothing waits for you. What does will be listed here.")
    return shell(
        "Approvals",
        tag("h1", "Approvals"),
        tag("p", "Releases that go on only when another person has looked at them.", class_="lead"),
        card("Waiting for you", waiting_list(mine, page_url) if mine else nothing, name="mine"),
        card("Waiting for somebody else", waiting_list(others, page_url), name="others") if others else None,
        page_url=page_url,
        email=email,
    )


def waiting_list(items: Sequence[Waiting], page_url: str) -> Html:
    return tag("ul", [_item(item, page_url) for item in items], class_="waiting")


def _item(item: Waiting, page_url: str) -> Html:
    approval, subject = item.approval, item.approval.subject
    link = tag(
        "a",
        f"{PromptRef(subject.prompt_id, subject.version)} to {subject.environment}",
        href=f"{page_url}/approvals/{approval.approval_id}",
    )
    about = f"asked by {item.requester}, {left(item.now, approval.expires_at)} left"
    return tag(
        "li",
        link,
        tag("span", approval.reason) if approval.reason else None,
        tag("span", about),
        tag("span", item.obstacle.what) if item.obstacle else None,
    )
