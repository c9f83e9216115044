from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from promptops.aws.ssm_pointers import SsmPointers

PROMPT = "support-ticket"


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("ssm", region_name="eu-central-1")


def test_a_pointer_is_created_by_its_first_write_and_overwritten_by_the_next(ssm):
    pointers = SsmPointers("prompt-ops", "prod", ssm)

    assert pointers.read(PROMPT) is None
    pointers.write(PROMPT, "one")
    pointers.write(PROMPT, "two")

    parameter = ssm.get_parameter(Name="/prompt-ops/prod/support-ticket/current")["Parameter"]
    assert (parameter["Value"], parameter["Type"]) == ("two", "String")
    assert pointers.read(PROMPT) == "two"


def test_environments_do_not_share_pointers(ssm):
    SsmPointers("prompt-ops", "prod", ssm).write(PROMPT, "one")

    assert SsmPointers("prompt-ops", "dev", ssm).read(PROMPT) is None


def test_the_last_writer_is_that_of_the_newest_value(ssm, monkeypatch):
    pages = [
        {"Parameters": [{"Version": 1, "LastModifiedUser": "first"}]},
        {"Parameters": [{"Version": 3, "LastModifiedUser": "third"}]},
        {"Parameters": [{"Version": 2, "LastModifiedUser": "second"}]},
    ]

    class Pages:
        def paginate(self, **_):
            return pages

    monkeypatch.setattr(ssm, "get_paginator", lambda _: Pages())

    assert SsmPointers("prompt-ops", "prod", ssm).last_writer(PROMPT) == "third"
