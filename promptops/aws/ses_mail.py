"""Mail through SES: a notification, never a record."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

log = logging.getLogger(__name__)


class SesMail:
    """Sends each recipient a message of their own, so that one refused address costs nobody else theirs."""

    def __init__(self, sender: str, client: SESV2Client) -> None:
        """An empty sender switches mail off."""
        self._sender = sender
        self._client = client

    def send(self, to: Sequence[str], subject: str, text: str, html: str) -> bool:
        """Whether at least one message was accepted."""
        if not self._sender:
            return False
        sent = [self._send_one(address, one_line(subject), text, html) for address in to]
        return any(sent)

    def _send_one(self, address: str, subject: str, text: str, html: str) -> bool:
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [one_line(address)]},
                Content={
                    "Simple": {
                        "Subject": {"Data": subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": text, "Charset": "UTF-8"},
                            "Html": {"Data": html, "Charset": "UTF-8"},
                        },
                    }
                },
            )
        except (BotoCoreError, ClientError) as error:
            log.warning("a mail was not sent: %s", type(error).__name__)
            return False
        return True


def one_line(text: str) -> str:
    """The text as it may stand in a header: no line ends, no control characters."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
