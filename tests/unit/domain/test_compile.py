"""A source means exactly one artifact: its bytes, its blocks, and what is refused on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from promptops.domain.artifact import Artifact, Message
from promptops.domain.canonical import sha256
from promptops.domain.compile import (
    MAX_DATASET_BYTES,
    CompiledCases,
    check_artifact,
    compile_cases,
    compile_source,
    warnings_of,
)
from promptops.domain.errors import (
    BadInput,
    BlockChanged,
    BlockCycle,
    EvaluationEmpty,
    InvalidDataset,
    InvalidMetadata,
    InvalidMetadataType,
    InvalidTemplate,
    InvalidVariableType,
    InvisibleCharacter,
    MissingBlock,
    SecretInPrompt,
    TooDeep,
    TooLarge,
)
from promptops.domain.source import PromptSource

GOLDEN = (
    '{"blocks":{"tone":"0cfdb0bdd7ed9e8db00bf5fe2acc4eb0dcc9c44ccfb4ff6cbc3e8b1d4ffa2e5d"},'
    '"examples":[{"input":"hi","output":"{}"}],'
    '"messages":[{"content":"Grüße.\\nSay please.","role":"system"},{"content":"{{ticket}}","role":"user"}],'
    '"model":{"id":"a-model","provider":"bedrock"},'
    '"output_schema":{"type":"object"},'
    '"parameters":{"max_tokens":400,"temperature":0},'
    '"prompt_id":"support-ticket","schema":1,'
    '"variables":{"ticket":{"max_chars":16384,"trusted":false,"type":"string"}}}'
)
DOCUMENT: dict[str, Any] = {
    "prompt_id": "support-ticket",
    "owner": "ml-platform",
    "risk": "low",
    "rationale": "first",
    "messages": [
        {"role": "system", "content": "Grüße.\n{{> tone}}\n"},
        {"role": "user", "content": "{{ticket}}\n"},
    ],
    "blocks": {"tone": "Say please.\n"},
    "model": {"id": "a-model", "provider": "bedrock"},
    "parameters": {"temperature": 0, "max_tokens": 400},
    "variables": {"ticket": {"type": "string"}},
    "output_schema": {"type": "object"},
    "examples": [{"input": "hi", "output": "{}"}],
}


def a_source(**changes: Any) -> PromptSource:
    return PromptSource.from_dict({**DOCUMENT, **changes})


def said(text: str, **blocks: str) -> PromptSource:
    return a_source(messages=[{"role": "user", "content": text}], blocks=blocks)


def compiled(text: str, **blocks: str) -> str:
    return compile_source(said(text, **blocks)).messages[0].content


def test_the_bytes_of_an_artifact_never_change():
    expected = GOLDEN.replace(GOLDEN[19:83], sha256(b"Say please.\n"))

    assert compile_source(a_source()).to_bytes().decode() == expected


def test_blocks_are_put_where_they_are_named_and_within_each_other():
    assert compiled("a {{> one}} b\n{{>two}}", one="1 {{> two }}", two="2\n\n") == "a 1 2 b\n2"


def test_only_the_blocks_that_were_used_are_pinned():
    artifact = compile_source(said("{{> one}}", one="{{> two}}", two="2", other="never"))

    assert dict(artifact.blocks) == {"one": sha256(b"{{> two}}"), "two": sha256(b"2")}


def test_a_pinned_block_is_taken_while_it_is_what_was_pinned():
    digest = sha256(b"Say please.")

    for length in (12, 20, 64):
        assert compiled(f"{{{{> tone@sha256:{digest[:length]} }}}}", tone="Say please.") == "Say please."


@pytest.mark.parametrize(
    ("pin", "error"),
    [
        ("sha256:" + "0" * 64, BlockChanged),
        ("sha256:0123456789ab", BlockChanged),
        ("sha256:0123", InvalidTemplate),
        ("sha256:" + "0" * 65, InvalidTemplate),
        ("SHA256:0123456789AB", InvalidTemplate),
        ("v3", InvalidTemplate),
        ("", InvalidTemplate),
    ],
)
def test_a_block_that_changed_under_its_pin_is_refused(pin, error):
    with pytest.raises(error, match=r"pins block '?tone'? at"):
        compiled(f"{{{{> tone@{pin}}}}}", tone="Say please, always.")


def test_a_pin_within_a_block_counts_as_well():
    with pytest.raises(BlockChanged, match="block outer pins block tone at sha256:0123456789ab"):
        compiled("{{> outer}}", outer="{{> tone@sha256:0123456789ab}}", tone="Say please.")


def test_an_escaped_include_is_literal_text():
    assert compiled("write {{{{> one}} to include") == "write {{{{> one}} to include"


def test_variables_inside_blocks_are_the_prompts_variables():
    assert compiled("{{> one}}", one="<t>{{ticket}}</t>") == "<t>{{ticket}}</t>"


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (said("{{> gone}}", here="x"), MissingBlock, "E_BLOCK_MISSING: message 1 (user) includes 'gone'"),
        (said("{{> ../x}}"), MissingBlock, "Known blocks: none."),
        (
            said("{{> a}}", a="{{> b}}", b="{{> a}}"),
            BlockCycle,
            "E_BLOCK_CYCLE: blocks include each other: a→b→a",
        ),
        (said("{{> a}}", a="{{> a}}"), BlockCycle, "a→a"),
        (said("{{> a}}", a="x\n y {{ticket"), InvalidTemplate, "block a, line 2 col 4: '{{' is not closed"),
        (said("{{> a}} {{x.y}}", a="long\ntext\n"), InvalidTemplate, "message 1 (user), line 1 col 9:"),
        (said("{{> a}}", a="\u200b"), InvisibleCharacter, "block a line 1 col 1: U+200B"),
        (said("{% if x %}{{a[0]}}"), InvalidTemplate, "Only {{name}} is allowed"),
        (a_source(rationale="because\u202e"), InvisibleCharacter, "rationale line 1 col 8"),
        (a_source(tags=["a AKIAABCDEFGHIJKLMNOP"]), SecretInPrompt, "tags line 1"),
        (a_source(description="x" * 4001), TooLarge, "description has 4001 characters, limit 4000"),
        (a_source(model={"id": "m", "provider": "Open AI"}), InvalidMetadata, "model.provider is 'Open AI'"),
        (a_source(model={"id": "m\u202e", "provider": "bedrock"}), InvisibleCharacter, "model line 1 col 2"),
        (
            a_source(evaluation={"judge": {"id": "m", "provider": "../x"}}),
            InvalidMetadata,
            "evaluation.judge.provider is '../x'",
        ),
        (a_source(examples=[{"in": "a"}]), InvalidMetadata, "example 1 has the fields 'in'"),
        (a_source(output_schema={"requierd": ["a"]}), InvalidMetadata, "E_METADATA: output_schema: "),
        (a_source(parameters={"stop": "\u2066"}), InvisibleCharacter, "parameters line 1 col 1: U+2066"),
        (a_source(messages=[{"role": "system", "content": "a"}]), InvalidMetadata, "has no user message"),
    ],
)
def test_a_bad_source_is_refused_where_its_author_finds_it(source, error, message):
    with pytest.raises(error) as refused:
        compile_source(source)

    assert message in str(refused.value)
    assert isinstance(refused.value, BadInput)


def test_blocks_that_double_with_every_level_are_stopped():
    blocks = {f"b{level}": f"{{{{> b{level + 1}}}}}" * 2 for level in range(9)}

    with pytest.raises(TooLarge, match="with its blocks"):
        compiled("{{> b0}}", **blocks, b9="x" * 1000)


def test_a_long_chain_of_blocks_is_stopped():
    blocks = {f"b{level}": f"{{{{> b{level + 1}}}}}" for level in range(50)}

    with pytest.raises(TooDeep, match="E_TOO_DEEP: block b9 includes blocks more than 10 deep"):
        compiled("{{> b0}}", **blocks)


def test_many_texts_that_are_small_alone_are_too_large_together():
    messages = [{"role": "user", "content": "x" * 40_000}] * 2

    with pytest.raises(TooLarge, match=r"support-ticket compiles to 80[0-9]{3} bytes, limit 65536"):
        compile_source(a_source(messages=messages))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"messages": [{"role": "user", "content": "x"}] * 51}, "messages has 51 entries, limit 50"),
        ({"variables": {f"v{number}": {} for number in range(101)}}, "variables has 101 entries, limit 100"),
        ({"examples": [{"input": "a", "output": "b"}] * 51}, "examples has 51 entries, limit 50"),
        ({"blocks": {f"b{number}": "x" for number in range(51)}}, "blocks has 51 entries, limit 50"),
        ({"variables": {"ticket": {"max_chars": 1_000_001}}}, "max_chars of ticket is 1000001"),
    ],
)
def test_there_may_be_so_many_and_no_more(changes, what):
    with pytest.raises(TooLarge, match=what):
        compile_source(a_source(**changes))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"variables": {"Ticket": {}}}, InvalidMetadata),
        ({"variables": {"ticket": {"type": []}}}, InvalidMetadata),
        ({"variables": {"ticket": {"enum": ["a", 1]}}}, InvalidVariableType),
        ({"variables": {"ticket": {"enum": [{"a": 1}]}}}, InvalidVariableType),
        ({"blocks": {"tone": "Say please.", "../x": "y"}}, InvalidMetadata),
        ({"blocks": {"tone": 1}}, InvalidMetadataType),
        ({"model": {"id": 1.1, "provider": "bedrock"}}, InvalidMetadataType),
        ({"examples": [{"input": 1, "output": "b"}]}, InvalidMetadataType),
        ({"parameters": {"seed": 2**53 + 1}}, InvalidMetadataType),
    ],
)
def test_nothing_changes_its_type_on_the_way(changes, error):
    with pytest.raises(error):
        compile_source(a_source(**changes))


def test_an_artifact_is_checked_again_with_the_rules_of_the_day():
    artifact = compile_source(a_source())
    hidden = replace(artifact, messages=(Message("user", "a\u202e"),))

    check_artifact(Artifact.from_bytes(artifact.to_bytes(), artifact.digest()))
    with pytest.raises(InvisibleCharacter):
        check_artifact(hidden)


CASE = '{"id": "one", "vars": {"ticket": "db down"}, "assert": [{"type": "is-json"}]}\n'


def test_cases_are_counted_and_kept_byte_by_byte():
    content = ("\n" + CASE).encode()

    assert compile_cases(a_source(), "\n" + CASE) == CompiledCases(content, sha256(content), 1)
    assert compile_cases(a_source(), "") == CompiledCases()


@pytest.mark.parametrize(
    ("dataset", "error"),
    [
        ("x" * (MAX_DATASET_BYTES + 1), TooLarge),
        ("\n", EvaluationEmpty),
        (CASE.replace("ticket", "other"), InvalidDataset),
        (CASE * 2, InvalidDataset),
        ("{", InvalidDataset),
    ],
)
def test_bad_cases_are_refused(dataset, error):
    with pytest.raises(error):
        compile_cases(a_source(), dataset)


def test_too_many_bytes_are_refused_with_the_command_that_takes_more():
    with pytest.raises(TooLarge, match=r"4194305 bytes, limit 4194304.*promptops dataset upload"):
        compile_cases(a_source(), "x" * (MAX_DATASET_BYTES + 1))


def test_ten_thousand_cases_of_300_bytes_are_published_in_one_call_of_the_api():
    case = {
        "vars": {"ticket": "x" * 190},
        "tags": ["card"],
        "assert": [{"type": "contains", "value": "card"}],
    }
    lines = "".join(json.dumps({"id": f"case-{number:05}", **case}) + "\n" for number in range(10_000))

    body = json.dumps({"source": DOCUMENT, "dataset": lines})
    event = json.dumps({"body": body, "headers": {"x": "y" * 8_000}})

    assert len(lines) > 3_000_000
    assert compile_cases(a_source(), lines).count == 10_000
    assert len(body) < 5 * 1024 * 1024
    assert len(event) < 6 * 1024 * 1024


def test_cases_that_were_uploaded_are_taken_at_their_digest():
    named = a_source(dataset={"sha256": "a" * 64, "cases": 120, "sensitive": True})

    assert compile_cases(named, "") == CompiledCases(b"", "a" * 64, 120, sensitive=True)
    with pytest.raises(InvalidMetadata, match="names others by digest"):
        compile_cases(named, CASE)


@pytest.mark.parametrize(
    ("dataset", "problem"),
    [
        ({"sha256": "a" * 64, "cases": 120}, "dataset is "),
        ({"sha256": "a" * 64, "cases": 120, "sensitive": False}, "dataset.sensitive is 'False'"),
        ({"sha256": "A" * 64, "cases": 120, "sensitive": True}, "dataset.sha256 is 'AAA"),
        ({"sha256": 12, "cases": 120, "sensitive": True}, "dataset.sha256 is '12'"),
        ({"sha256": "a" * 64, "cases": 0, "sensitive": True}, "dataset.cases is '0'"),
        ({"sha256": "a" * 64, "cases": True, "sensitive": True}, "dataset.cases is 'True'"),
        ({"sha256": "a" * 64, "cases": 20_001, "sensitive": True}, "dataset.cases is '20001'"),
        ({}, "dataset is '{}'"),
        ([], "dataset is "),
    ],
)
def test_a_dataset_that_is_not_named_as_upload_prints_it_is_refused(dataset, problem):
    with pytest.raises(InvalidMetadata, match=problem):
        a_source(dataset=dataset)


def test_what_is_not_written_leaves_the_digests_of_older_versions_as_they_were():
    source = a_source()
    strict = a_source(thresholds={"min_score": 0.9, "min_cases": 3}, evaluation={})

    assert source.digest("") == "cbcfe2e820d5d42f50b16d13e7583ca9934d8162d33fbc39ea124a2f919b8b10"
    assert strict.digest("d" * 64) == "5e39c4b89042216da7b055f283db33e4248cbbbaaa2225b9dc7aab4455d9d3ff"
    assert strict.policy.digest() == "cec1fe9de03ddf5fa61369b92c3c27a20e58547a0adaa1f30f6313ebfe509fbe"


@pytest.mark.parametrize(
    "change",
    [
        {"evaluation": {"repeats": 3}},
        {"evaluation": {"judge": {"id": "a-judge"}}},
        {"thresholds": {"metrics": {"format": 0.9}}},
        {"dataset": {"sha256": "d" * 64, "cases": 5, "sensitive": True}},
    ],
)
def test_how_a_version_is_measured_is_part_of_its_source(change):
    changed = a_source(**change)

    assert changed.digest("d" * 64) != a_source().digest("d" * 64)
    assert PromptSource.from_dict(changed.to_dict()) == changed


def test_what_is_allowed_and_unwise_is_said():
    declared = {"ticket": {"type": "string"}, "tone": {"type": "string"}, "days": {"type": "number"}}
    source = a_source(
        messages=[{"role": "system", "content": "{{ticket}} {{days}}"}, {"role": "user", "content": "a"}],
        variables=declared,
    )

    warnings = warnings_of(source, compile_source(source), 2)

    assert [warning.partition(":")[0] for warning in warnings] == [
        "W_VARIABLE_UNUSED", "W_UNTRUSTED_IN_SYSTEM", "W_EVAL_TOO_FEW",
    ]  # fmt: skip
    assert "no message uses tone" in warnings[0]
    assert "uses ticket" in warnings[1]
    assert "2 of 5 cases" in warnings[2]


def test_what_is_let_through_is_said():
    source = a_source(allow_invisible=["U+00AD"], allow_secret={"password": "a placeholder"})

    warnings = warnings_of(source, compile_source(source), 9)

    assert [warning.partition(":")[0] for warning in warnings] == [
        "W_INVISIBLE_ALLOWED", "W_SECRET_ALLOWED",
    ]  # fmt: skip
    assert "U+00AD" in warnings[0]
    assert "(a placeholder)" in warnings[1]
