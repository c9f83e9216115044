"""Nothing enters a version that a reader cannot see, a store cannot keep or a stranger must not read."""

from __future__ import annotations

from datetime import date

import pytest

from promptops.domain.checks import MAX_DEPTH, check_text, check_value, encoded
from promptops.domain.errors import (
    BinaryContent,
    ControlCharacter,
    InvalidEncoding,
    InvalidMetadataType,
    InvisibleCharacter,
    SecretInPrompt,
    TooDeep,
    TooLarge,
)

WOMAN_TECHNOLOGIST = "\U0001f469\u200d\U0001f4bb"
RAINBOW_FLAG = "\U0001f3f3\ufe0f\u200d\U0001f308"


@pytest.mark.parametrize(
    "text",
    [
        "plain\n\ttext",
        "Grüße, 你好, שלום",
        "prix\u00a0: 5\u202f€",
        f"{WOMAN_TECHNOLOGIST} {RAINBOW_FLAG} 1\ufe0f\u20e3",
        "\u0645\u06cc\u200c\u062e\u0648",
        "The secret: politeness always wins.",
        "password: required, and never repeated",
        "password = {{password}}, password=<yours>, password=$PASSWORD, password=********",
        "AWS writes AKIAIOSFODNN7EXAMPLE in its documentation",
        "token: the-customer-number-2024-of-the-order, key=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1",
        "idempotency key: 123e4567-e89b-12d3-a456-426614174000",
        "Bearer of good news, risk-free, ask-me-anything, key: internationalisation-of-everything",
        "é" * 32_768,
    ],
)
def test_ordinary_text_of_any_script_passes(text):
    check_text(text, "user.md")


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("a\nb\n\t123\x00", ControlCharacter, "E_CONTROL_CHAR: user.md line 3 col 5: U+0000"),
        ("a\r\nb", ControlCharacter, "line 1 col 2: U+000D. Save it with LF, not CRLF"),
        ("a\x7f", ControlCharacter, "U+007F"),
        ("a\x85", ControlCharacter, "U+0085"),
        ("safe\u202eevil", InvisibleCharacter, "E_INVISIBLE_CHAR: user.md line 1 col 5: U+202E"),
        ("zero\u200bwidth", InvisibleCharacter, "U+200B"),
        ("x\u200dy", InvisibleCharacter, "U+200D"),
        ("tag\U000e0041", InvisibleCharacter, "U+E0041"),
        ("é\ufe0f\ufe0e", InvisibleCharacter, "col 3: U+FE0E"),
        ("é\U000e0100", InvisibleCharacter, "U+E0100"),
        ("a\u2028b", InvisibleCharacter, "U+2028"),
        ("\ufefftext", InvalidEncoding, "E_ENCODING: user.md: byte 0 is 0xEF"),
        ("half \ud83d", InvalidEncoding, "character 6 is U+D83D, half of a pair"),
        ("PK\x03\x04rest", BinaryContent, "E_BINARY: user.md looks like zip. Prompts are text"),
        ("\x1f\x8brest", BinaryContent, "looks like gzip"),
        ("é" * 32_769, TooLarge, "E_TOO_LARGE: user.md has 65538 bytes, limit 65536"),
    ],
)
def test_what_cannot_be_seen_or_stored_is_refused_with_its_place(text, error, message):
    with pytest.raises(error) as refused:
        check_text(text, "user.md")

    assert message in str(refused.value)
    assert refused.value.fix


@pytest.mark.parametrize(
    ("secret", "name"),
    [
        ("AKIA" + "ABCDEFGHIJKLMNOP", "AWS access key AKIA****"),
        ("ASIA" + "ABCDEFGHIJKLMNOP", "AWS access key ASIA****"),
        ("-----BEGIN EC PRIVATE KEY-----", "private key ----****"),
        ("-----BEGIN PRIVATE KEY-----", "private key ----****"),
        ("eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + ".sig", "JSON web token eyJa****"),
        ("ghp_" + "a1" * 18, "GitHub token ghp_****"),
        ("github_pat_" + "a1" * 20, "GitHub token gith****"),
        ("password = correcthorse", "password pass****"),
        ('"api_key": "abc123def456"', "password api_****"),
        ("xox" + "b-1234567890-abcdefghij", "Slack token xoxb****"),
        ("AIza" + "Sy0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV", "Google API key AIza****"),
        ("sk_" + "live_" + "4eC39HqLyjWDarjtT1zdp7dc", "Stripe key sk_l****"),
        ("sk-" + "proj-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0Uv", "model provider key sk-p****"),
        ("access_token=" + "9f86d081884c7d659a2feaa0c55ad015", "key or token toke****"),
        ('"privateKey": "' + "q1W2e3R4t5Y6u7I8o9P0aS" + '"', 'key or token Key"****'),
        ("Authorization: Bearer " + "q1W2e3R4t5Y6u7I8o9P0aS", "bearer token Bear****"),
    ],
)
def test_a_secret_is_refused_with_its_line_and_never_repeated(secret, name):
    with pytest.raises(SecretInPrompt) as refused:
        check_text(f"one\ntwo {secret} three", "user.md")

    assert f"E_SECRET: user.md line 2: {name}." in str(refused.value)
    assert secret[8:] not in str(refused.value)


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def test_values_may_be_so_deep_and_no_deeper():
    check_value(nested(MAX_DEPTH), "output_schema")

    with pytest.raises(TooDeep, match=f"E_TOO_DEEP: output_schema is nested more than {MAX_DEPTH} deep"):
        check_value(nested(MAX_DEPTH + 1), "output_schema")
    with pytest.raises(TooDeep):
        check_value(nested(100_000), "output_schema")


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ({"a": [float("nan")]}, InvalidMetadataType, "parameters holds nan. Write a finite number"),
        ({"a": date(2026, 1, 2)}, InvalidMetadataType, "parameters holds a date, '2026-01-02'. Quote it"),
        ({1: "a"}, InvalidMetadataType, "parameters has the name '1'. Quote it"),
        ({"a": ["b\u200b"]}, InvisibleCharacter, "parameters line 1 col 2: U+200B"),
        ({"a\u200b": 1}, InvisibleCharacter, "U+200B"),
        ({"a": "AKIA" + "ABCDEFGHIJKLMNOP"}, SecretInPrompt, "parameters line 1: AWS access key"),
    ],
)
def test_values_hold_json_and_sound_texts_only(value, error, message):
    with pytest.raises(error) as refused:
        check_value(value, "parameters")

    assert message in str(refused.value)


def test_what_is_not_text_is_not_encoded():
    with pytest.raises(InvalidMetadataType, match=r"the dataset is a list\. Send text"):
        encoded(["a"], "the dataset", 10)  # type: ignore[arg-type]
