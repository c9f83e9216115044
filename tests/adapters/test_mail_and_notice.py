from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from promptops.aws.ses_mail import SesMail
from promptops.aws.sns_notice import SnsNotice

REGION = "eu-central-1"
SENDER = "promptops@example.com"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield


def sent() -> list[object]:
    return list(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages)


def test_each_recipient_gets_a_message_of_their_own_with_one_line_as_subject() -> None:
    client = boto3.client("sesv2", region_name=REGION)
    client.create_email_identity(EmailIdentity=SENDER)
    to = ["bob@example.com", "carol@example.com"]

    assert SesMail(SENDER, client).send(to, "Hello\r\nBcc: all@example.com", "text", "<p>html</p>")

    assert [message.destinations["ToAddresses"] for message in sent()] == [[address] for address in to]
    assert {message.subject for message in sent()} == {"Hello Bcc: all@example.com"}
    assert all(not message.destinations.get("BccAddresses") for message in sent())


def test_a_refused_mail_is_no_error() -> None:
    client = boto3.client("sesv2", region_name=REGION)

    assert SesMail(SENDER, client).send(["bob@example.com"], "s", "t", "h") is False


def test_mail_is_off_without_a_sender_and_sends_nothing_to_nobody() -> None:
    client = boto3.client("sesv2", region_name=REGION)

    assert SesMail("", client).send(["bob@example.com"], "s", "t", "h") is False
    assert SesMail(SENDER, client).send([], "s", "t", "h") is False
    assert sent() == []


def test_the_topic_gets_the_text() -> None:
    sns, sqs = boto3.client("sns", region_name=REGION), boto3.client("sqs", region_name=REGION)
    topic = sns.create_topic(Name="approvals")["TopicArn"]
    queue = sqs.create_queue(QueueName="seen")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    assert SnsNotice(topic, sns).send([], "s" * 150, "the text", "<p>html</p>")

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["Message"] == "the text"


def test_a_missing_topic_is_no_error() -> None:
    sns = boto3.client("sns", region_name=REGION)

    assert SnsNotice("", sns).send([], "s", "t", "h") is False
    assert SnsNotice("arn:aws:sns:eu-central-1:123456789012:none", sns).send([], "s", "t", "h") is False
