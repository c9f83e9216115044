"""Promises of rendering: one way from artifact and values to messages."""

from __future__ import annotations

import pytest

from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import InvalidTemplate, MissingVariable, UnknownVariable
from promptops.domain.rendering import CompiledPrompt, render
from promptops.domain.variables import Variable

MODEL = {"id": "m", "provider": "bedrock"}


def an_artifact(*messages: tuple[str, str], examples: tuple[dict[str, str], ...] = ()) -> Artifact:
    return Artifact(
        "support-ticket",
        tuple(Message(role, content) for role, content in messages),
        MODEL,
        {"ticket": Variable(), "product": Variable(default="the product")},
        examples=examples,
    )


def test_values_and_defaults_enter_the_messages_and_are_not_scanned_again():
    artifact = an_artifact(("system", "About {{product}}."), ("user", "{{ticket}}"))

    assert render(artifact, {"ticket": "{{product}} {{{{"}) == [
        {"role": "system", "content": "About the product."},
        {"role": "user", "content": "{{product}} {{{{"},
    ]


def test_a_compiled_prompt_renders_each_use_anew():
    prompt = CompiledPrompt(an_artifact(("user", "{{ticket}}")))

    assert [prompt.render({"ticket": text})[0]["content"] for text in ("a", "b")] == ["a", "b"]


def test_examples_stand_between_the_system_message_and_the_question():
    artifact = an_artifact(
        ("system", "S"), ("user", "{{ticket}}"), examples=({"input": "{{ticket}}", "output": "ok"},)
    )

    assert [(message["role"], message["content"]) for message in render(artifact, {"ticket": "t"})] == [
        ("system", "S"),
        ("user", "{{ticket}}"),
        ("assistant", "ok"),
        ("user", "t"),
    ]


def test_wrong_values_and_broken_templates_are_named():
    artifact = an_artifact(("user", "{{ticket}}"))

    with pytest.raises(MissingVariable, match="ticket"):
        render(artifact, {})
    with pytest.raises(UnknownVariable, match="did you mean 'ticket'"):
        render(artifact, {"ticket": "t", "tickets": "t"})
    with pytest.raises(InvalidTemplate, match="line 1 col 3"):
        CompiledPrompt(an_artifact(("user", "a {{ticket")))
