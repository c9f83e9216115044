"""The message that tells approvers something waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from promptops.domain.approval import Approval
from promptops.domain.identifiers import PromptRef
from promptops.domain.visible import visible


@dataclass(frozen=True)
class Notice:
    """A subject of one line, and the same message as text and as HTML."""

    subject: str
    text: str
    html: str


def approval_notice(approval: Approval, *, requester: str, from_version: int, page_url: str) -> Notice:
    """What waits, with one neutral link: whoever follows it must still sign in and look before deciding."""
    subject = approval.subject
    ref = PromptRef(subject.prompt_id, subject.version)
    link = f"{page_url}/approvals/{approval.approval_id}"
    now_live = f"v{from_version} is live there now" if from_version else "nothing is live there yet"
    rows = [
        ("Release", f"{ref} to {subject.environment}; {now_live}"),
        ("Asked by", requester),
        ("Why", approval.reason or "no reason was given"),
        ("Decide before", f"{approval.expires_at[:16].replace('T', ' ')} UTC"),
        ("Content", f"sha256:{subject.sha256}"),
        ("Evaluation report", f"sha256:{subject.report_sha256}"),
    ]
    rows = [(name, " ".join(visible(value).split())) for name, value in rows]
    closing = "The page shows every changed line. Nothing is released until somebody decides there."
    lines = [f"{name}: {value}" for name, value in rows]
    text = "\n".join([f"{ref} waits for your decision.", "", *lines, "", f"Open: {link}", "", closing, ""])
    table = "".join(
        f'<tr><th align="left" valign="top">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in rows
    )
    html = (
        f'<!doctype html><html lang="en"><body><p>{escape(str(ref))} waits for your decision.</p>'
        f'<table cellpadding="4">{table}</table>'
        f'<p><a href="{escape(link)}">Open the approval page</a></p><p>{escape(closing)}</p></body></html>'
    )
    return Notice(f"Approval needed: {ref} to {subject.environment}", text, html)
