"""The same notification for whoever subscribed to the approval topic: a chat, a pager."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

log = logging.getLogger(__name__)
MAX_SUBJECT_CHARS = 99


class SnsNotice:
    """Publishes the text to one topic, whoever it was meant for."""

    def __init__(self, topic_arn: str, client: SNSClient) -> None:
        self._topic_arn = topic_arn
        self._client = client

    def send(self, to: Sequence[str], subject: str, text: str, html: str) -> bool:
        """Whether the topic took it; an empty ARN switches it off."""
        if not self._topic_arn:
            return False
        try:
            self._client.publish(TopicArn=self._topic_arn, Subject=subject[:MAX_SUBJECT_CHARS], Message=text)
        except (BotoCoreError, ClientError) as error:
            log.warning("the approval topic was not told: %s", type(error).__name__)
            return False
        return True
