"""Promises of the prompt an application holds."""

from __future__ import annotations

import pytest

from promptops.client import Prompt
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import EndpointDown, MissingVariable
from promptops.domain.rendering import CompiledPrompt
from promptops.domain.resolved import Resolved
from promptops.domain.variables import Variable


def a_prompt(**changes: object) -> Prompt:
    artifact = Artifact(
        "support-ticket",
        (Message("system", "Triage. {{{{x}} stays"), Message("user", "{{ticket}}")),
        {"id": "a-model", "provider": "bedrock"},
        {"ticket": Variable()},
        {"max_tokens": 300, "temperature": 0, "top_k": 5},
    )
    fields = {
        "prompt_id": "support-ticket",
        "environment": "prod",
        "version": 12,
        "revision": 8,
        "sha256": "ab",
        "prompt": CompiledPrompt(artifact),
        "source": "aws",
        "stale": False,
        "age_seconds": 2.0,
    }
    return Prompt(Resolved(**{**fields, **changes}))


def test_it_renders_for_bedrock_with_model_and_parameters():
    assert a_prompt().converse(ticket="db down") == {
        "modelId": "a-model",
        "system": [{"text": "Triage. {{x}} stays"}],
        "messages": [{"role": "user", "content": [{"text": "db down"}]}],
        "inferenceConfig": {"maxTokens": 300, "temperature": 0},
        "additionalModelRequestFields": {"top_k": 5},
    }


def test_it_renders_as_chat_messages_and_as_text():
    prompt = a_prompt()

    assert prompt.messages(ticket="t")[1] == {"role": "user", "content": "t"}
    assert prompt.text(ticket="t") == "Triage. {{x}} stays\n\nt"


def test_it_says_what_it_is_and_not_what_it_holds():
    assert repr(a_prompt()) == "<Prompt support-ticket@v12 in prod, revision 8>"


def test_a_value_is_never_scanned_again():
    assert a_prompt().messages(ticket="{{ticket}} {{{{")[1]["content"] == "{{ticket}} {{{{"


def test_a_missing_variable_raises_and_names_it():
    with pytest.raises(MissingVariable, match="E_VARIABLE_MISSING: ticket missing"):
        a_prompt().text()


def test_it_says_why_this_version():
    assert a_prompt().explain() == (
        "support-ticket v12 is live in prod as of revision 8, read 2.0 s ago from SSM and S3"
    )
    held = a_prompt(source="memory", stale=True, problem=EndpointDown("no answer from ssm", "Try again."))
    assert held.explain().endswith(
        "from memory; last look failed: E_ENDPOINT: no answer from ssm. Try again."
    )
