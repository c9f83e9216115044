from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promptops.domain.artifact import Artifact, Message
from promptops.domain.changes import Changes, Line, changes
from promptops.domain.variables import Variable

TEXTS = st.lists(st.sampled_from(["", "one", "two words", "two worlds", "three"]), max_size=8).map("\n".join)


def an_artifact(*messages: tuple[str, str], **fields: object) -> Artifact:
    texts = tuple(Message(role, content) for role, content in messages)
    return Artifact("demo", texts, {"id": "model-a", "provider": "bedrock"}, **fields)  # type: ignore[arg-type]


def changed_facts(result: Changes) -> dict[str, tuple[str, str]]:
    return {fact.name: (fact.before, fact.after) for fact in result.facts if fact.changed}


def side(lines: tuple[Line, ...], name: str) -> str:
    kinds = ("same", "changed", "removed" if name == "before" else "added")
    texts = ["".join(segment.text for segment in getattr(line, name)) for line in lines if line.kind in kinds]
    return "\n".join(texts)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_back_whole_from_the_lines(before: str, after: str) -> None:
    (message,) = changes(an_artifact(("user", before)), an_artifact(("user", after))).messages

    assert side(message.lines, "before") == before
    assert side(message.lines, "after") == after
    assert message.kind == ("same" if before == after else "changed")


def test_the_words_that_differ_are_marked() -> None:
    before = an_artifact(("user", "Refunds within 14 days of delivery."))
    after = an_artifact(("user", "Refunds within 30 days of delivery."))

    (line,) = changes(before, after).messages[0].lines

    assert [segment.text for segment in line.before if segment.changed] == ["14"]
    assert [segment.text for segment in line.after if segment.changed] == ["30"]


def test_a_space_at_the_end_of_a_line_is_a_change() -> None:
    (line,) = changes(an_artifact(("user", "be brief")), an_artifact(("user", "be brief "))).messages[0].lines

    assert [segment.text for segment in line.after if segment.changed] == [" "]


def test_a_new_message_between_others_is_shown_as_new_and_the_others_as_themselves() -> None:
    before = an_artifact(("system", "s"), ("user", "u"))
    after = an_artifact(("system", "s"), ("assistant", "a"), ("user", "u"))

    kinds = [(message.role, message.kind) for message in changes(before, after).messages]

    assert kinds == [("system", "same"), ("assistant", "added"), ("user", "same")]


def test_everything_that_is_not_text_is_compared_by_name() -> None:
    before = an_artifact(("user", "u"), parameters={"temperature": 0}, variables={"a": Variable()})
    after = an_artifact(
        ("user", "u"),
        parameters={"temperature": 1, "top_p": 0.5},
        variables={"a": Variable(trusted=True, max_chars=10, default="x")},
        output_schema={"type": "object"},
    )

    assert changed_facts(changes(before, after)) == {
        "parameter temperature": ("0", "1"),
        "parameter top_p": ("", "0.5"),
        "variable a": (
            "string, at most 16384 characters, required",
            'string, at most 10 characters, trusted, default "x"',
        ),
        "output schema": ("", '{"type": "object"}'),
    }


def test_thousands_of_equal_lines_are_compared_quickly() -> None:
    before = an_artifact(("user", "\n" * 20_000))
    after = an_artifact(("user", "x" + "\n" * 20_001))

    assert changes(before, after).messages[0].kind == "changed"
