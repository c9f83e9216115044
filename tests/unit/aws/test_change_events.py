"""What change events name, on the events as AWS sends them."""

from __future__ import annotations

from typing import Any

import pytest

from promptops.aws.change_events import hinted_prompts, is_change_event
from tests.unit.aws.recorded_events import PARAMETER_CHANGED, parameter_change, stream_record


def named_by(event: dict[str, Any]) -> tuple[str, ...]:
    assert is_change_event(event)
    return hinted_prompts(event, prefix="prompt-ops", environment="dev")


def test_a_stream_names_each_prompt_whose_head_moved_once_and_in_order():
    records = [
        stream_record("HEAD", "support-ticket"),
        stream_record("RELEASE#support-ticket", "0000000004", "INSERT"),
        stream_record("HEAD", "refund-policy"),
        stream_record("HEAD", "support-ticket"),
    ]

    assert named_by({"Records": records}) == ("support-ticket", "refund-policy")


POISON: list[Any] = [
    None,
    7,
    "text",
    [],
    {},
    {"eventSource": "aws:dynamodb"},
    {"eventSource": "aws:dynamodb", "dynamodb": None},
    {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": []}},
    {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"pk": {"S": "HEAD"}}}},
    {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"pk": {"S": "HEAD"}, "sk": {"N": "7"}}}},
    {"eventSource": "aws:dynamodb", "dynamodb": {"Keys": {"pk": {"B": b"HEAD"}, "sk": {"S": "refund"}}}},
    {"eventSource": "aws:kinesis", "dynamodb": {"Keys": {"pk": {"S": "HEAD"}, "sk": {"S": "refund"}}}},
    stream_record("HEAD", "../../other"),
    stream_record("HEAD", "a" * 65),
    stream_record("HEAD", ""),
    stream_record("head", "refund-policy"),
    stream_record("OPEN", "refund-policy"),
]


@pytest.mark.parametrize("record", POISON, ids=range(len(POISON)))
def test_a_record_that_cannot_be_read_never_blocks_the_others(record):
    batch = [stream_record("HEAD", "support-ticket"), record, stream_record("HEAD", "wind-up")]

    assert named_by({"Records": batch}) == ("support-ticket", "wind-up")
    assert named_by({"Records": [record]}) == ()


def test_a_changed_parameter_names_the_prompt_of_its_pointer():
    assert named_by(PARAMETER_CHANGED) == ("support-ticket",)


@pytest.mark.parametrize(
    "name",
    [
        "/prompt-ops/prod/support-ticket/current",
        "/other/dev/support-ticket/current",
        "/prompt-ops/dev/settings",
        "/prompt-ops/dev/support-ticket",
        "support-ticket/current",
        "support-ticket",
        "/prompt-ops/dev/support-ticket/current/deeper",
        "/prompt-ops/dev/support-ticket/other/current",
        "/prompt-ops/dev//current",
        "/prompt-ops/dev/current",
        "/prompt-ops/dev/Support-Ticket/current",
        "prompt-ops/dev/support-ticket/current",
        "/x/prompt-ops/dev/support-ticket/current",
        "/prompt-ops/dev/support-ticket/current ",
        "",
        None,
        7,
    ],
)
def test_another_parameter_names_nothing(name):
    assert named_by(parameter_change(name)) == ()


@pytest.mark.parametrize("detail", [None, "text", [], {}])
def test_a_change_without_its_detail_names_nothing(detail):
    assert named_by({**PARAMETER_CHANGED, "detail": detail}) == ()


@pytest.mark.parametrize(
    "event",
    [
        {"task": "reconcile"},
        {"Records": "text"},
        {"Records": None},
        {"routeKey": "POST /v1/dev/rollback"},
        {},
    ],
)
def test_tasks_and_calls_are_no_change_events(event):
    assert not is_change_event(event)
