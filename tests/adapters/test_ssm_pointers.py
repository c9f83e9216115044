from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from promptops.aws.ssm_pointers import SsmPointers
from promptops.domain.errors import PointerLabelled

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


def test_many_pointers_are_read_ten_a_call_and_missing_ones_are_left_out(ssm, monkeypatch):
    pointers = SsmPointers("prompt-ops", "prod", ssm)
    prompt_ids = [f"prompt-{number}" for number in range(25)]
    for prompt_id in prompt_ids[1:]:
        pointers.write(prompt_id, f"value of {prompt_id}")
    get_parameters, asked = ssm.get_parameters, []

    def counted(*, Names):
        asked.append(len(Names))
        return get_parameters(Names=Names)

    monkeypatch.setattr(ssm, "get_parameters", counted)

    found = pointers.read_many(prompt_ids)

    assert found == {prompt_id: f"value of {prompt_id}" for prompt_id in prompt_ids[1:]}
    assert asked == [10, 10, 5]
    assert pointers.read_many([]) == {}


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


NAME = "/prompt-ops/prod/support-ticket/current"
#: What Parameter Store keeps of a parameter.
HISTORY = 100


def labelled(ssm, *labels: str) -> SsmPointers:
    """A pointer whose oldest kept value has these labels, and no room for another."""
    pointers = SsmPointers("prompt-ops", "prod", ssm)
    for number in range(HISTORY):
        pointers.write(PROMPT, f"value {number}")
    ssm.label_parameter_version(Name=NAME, ParameterVersion=1, Labels=list(labels))
    return pointers


def test_a_label_that_holds_the_history_is_told_with_the_command_that_removes_it(ssm):
    pointers = labelled(ssm, "golden", "keep")

    with pytest.raises(PointerLabelled) as caught:
        pointers.write(PROMPT, "one more")

    command = f"aws ssm unlabel-parameter-version --name {NAME} --parameter-version 1 --labels golden keep"
    assert str(caught.value).endswith(command)
    assert pointers.read(PROMPT) == f"value {HISTORY - 1}"
    ssm.unlabel_parameter_version(Name=NAME, ParameterVersion=1, Labels=["golden", "keep"])
    pointers.write(PROMPT, "one more")
    assert pointers.read(PROMPT) == "one more"


def test_a_label_is_told_even_where_its_name_cannot_be_read(ssm, monkeypatch):
    pointers = labelled(ssm, "golden")

    def refused(_name):
        raise ssm.exceptions.InternalServerError({"Error": {"Code": "InternalServerError"}}, "history")

    monkeypatch.setattr(ssm, "get_paginator", refused)

    with pytest.raises(PointerLabelled, match="--parameter-version VERSION --labels LABEL"):
        pointers.write(PROMPT, "one more")
