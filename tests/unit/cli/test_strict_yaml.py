"""Strict YAML: what an author writes is what is read, or it is refused with its place."""

from __future__ import annotations

import pytest

from promptops.cli.strict_yaml import load
from promptops.domain.errors import (
    BadInput,
    ControlCharacter,
    DuplicateKey,
    InvalidMetadata,
    InvalidMetadataType,
    TooDeep,
)


def read(text: str) -> object:
    return load(text, "prompt.yaml", text_fields={"owner", "version", "id"})


def test_plain_scalars_are_words_decimal_numbers_or_text() -> None:
    text = "a: true\nb: false\nc: null\nd:\ne: -12\nf: 0.25\ng: some text\nh: 'no'\ni: [1, two]\n"

    assert read(text) == {
        "a": True,
        "b": False,
        "c": None,
        "d": None,
        "e": -12,
        "f": 0.25,
        "g": "some text",
        "h": "no",
        "i": [1, "two"],
    }


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("owner: no", 'Quote it: "no".'),
        ("version: 1.10", 'Quote it: "1.10".'),
        ("id: 012", 'Quote it: "012".'),
        ("owner: 2024-01-01", 'Quote it: "2024-01-01".'),
    ],
)
def test_text_that_yaml_would_retype_must_be_quoted_and_is_shown_as_it_was_written(
    text: str, quoted: str
) -> None:
    with pytest.raises(
        InvalidMetadataType, match=r"^E_METADATA_TYPE: prompt\.yaml:1:\d+: \w+ must be text"
    ) as found:
        read(text)

    assert found.value.fix == quoted


@pytest.mark.parametrize(
    "value",
    ["yes", "off", "012", "0x1F", "1_000", "1:30", "2024-01-01", ".inf", "1e-3", "+1", "0o17"],
)
def test_values_that_readers_of_yaml_understand_differently_are_refused(value: str) -> None:
    with pytest.raises(InvalidMetadataType):
        read(f"other: {value}")


def test_keys_are_text() -> None:
    with pytest.raises(InvalidMetadataType, match="a key must be text, found no"):
        read("no: 1")


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x", "a: &x [1]", "a: *x"])
def test_aliases_and_anchors_are_not_allowed(text: str) -> None:
    with pytest.raises(InvalidMetadata, match="aliases are not allowed"):
        read(text)


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a, *a, *a]\n" for n in range(50))

    with pytest.raises(InvalidMetadata, match="aliases are not allowed"):
        read(bomb)


def test_a_merge_is_refused() -> None:
    with pytest.raises(BadInput):
        read("<<: {a: 1}")


def test_a_repeated_key_names_both_lines() -> None:
    with pytest.raises(DuplicateKey, match=r"E_DUPLICATE_KEY: prompt.yaml: 'status' lines 3 and 9"):
        read("\n\nstatus: 1\n\n\n\n\n\nstatus: 2\n")


def test_a_repeated_key_is_found_inside_too() -> None:
    with pytest.raises(DuplicateKey, match="'min' lines 2 and 3"):
        read("thresholds:\n  min: 1\n  min: 2\n")


def test_nesting_is_limited() -> None:
    assert read("a: " + "[" * 19 + "]" * 19)

    with pytest.raises(TooDeep, match="deeper than 20"):
        read("a: " + "[" * 20 + "]" * 20)


@pytest.mark.parametrize("opened", ["[", "{a: ", "- ", "? "])
def test_nesting_far_beyond_the_limit_is_found_where_it_begins(opened: str) -> None:
    with pytest.raises(TooDeep, match=r"E_TOO_DEEP: prompt\.yaml:1:\d{1,2}: "):
        read(opened * 100_000)


@pytest.mark.parametrize(
    ("text", "place"),
    [("a: [1, 2", "1:9"), ("a: 1\nb: c: d\n", "2:5"), ("a: 1\n---\nb: 2", "2:1"), ("a:\tb", "1:3")],
)
def test_broken_yaml_is_refused_with_line_and_column(text: str, place: str) -> None:
    with pytest.raises(InvalidMetadata, match=f"prompt.yaml:{place}: "):
        read(text)


@pytest.mark.parametrize(
    "text", ["a: !!python/object:os.system x", "a: !x y", "a: !!binary eA==", "a: !x [1]"]
)
def test_tags_are_not_allowed(text: str) -> None:
    with pytest.raises(InvalidMetadata, match="tag"):
        read(text)


def test_a_control_character_is_named_with_its_place() -> None:
    with pytest.raises(ControlCharacter, match=r"prompt\.yaml:2:4: U\+0000"):
        read("a: 1\nb: \0")
