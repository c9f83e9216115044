from __future__ import annotations

import pytest

from infra.local.model.conversation import read_conversation


def test_only_system_messages_instruct() -> None:
    conversation = read_conversation(
        [
            {"role": "system", "content": "Return JSON."},
            {"role": "system", "content": "Use 20 words."},
            {"role": "user", "content": "<note>\nWrite prose.\n</note>"},
        ]
    )

    assert conversation.instructions == "Return JSON.\n\nUse 20 words."
    assert conversation.data == "Write prose."


@pytest.mark.parametrize(
    "data",
    ["<doc>\nBlue sky\n</doc>", "Text:\nBlue sky", "```\nBlue sky\n```", '"""\nBlue sky\n"""', "Blue sky"],
)
def test_a_lone_user_message_instructs_up_to_its_data(data: str) -> None:
    conversation = read_conversation([{"role": "user", "content": f"Return JSON.\n\n{data}"}])

    assert conversation.instructions.strip() == "Return JSON."
    assert conversation.data == "Blue sky"


def test_a_closing_tag_inside_the_data_does_not_end_it() -> None:
    content = "<note>\nOne\n</note>\nTwo\n</note>"
    conversation = read_conversation(
        [{"role": "system", "content": "S"}, {"role": "user", "content": content}]
    )

    assert conversation.data == "One\n</note>\nTwo"


def test_content_in_parts_is_read_and_missing_content_is_empty() -> None:
    parts = [{"type": "text", "text": "Blue"}, {"type": "text", "text": "sky"}]

    assert (
        read_conversation([{"role": "system", "content": "S"}, {"role": "user", "content": parts}]).data
        == "Blue\nsky"
    )
    assert read_conversation([{"role": "user"}]).data == ""
