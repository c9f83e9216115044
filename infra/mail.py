"""Mail to approvers, where an address to send it from is given."""

from __future__ import annotations

from aws_cdk import aws_ses as ses
from constructs import Construct


class Mail(Construct):
    """The sender's identity; SES mails it a link that somebody has to click once."""

    def __init__(self, scope: Construct, id: str, *, sender: str) -> None:
        super().__init__(scope, id)
        ses.EmailIdentity(self, "Sender", identity=ses.Identity.email(sender))
