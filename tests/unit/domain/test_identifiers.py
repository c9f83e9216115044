from __future__ import annotations

import pytest

from promptops.domain.errors import InvalidPromptId, InvalidVersion, ReservedPromptId
from promptops.domain.identifiers import PromptRef, check_prompt_id, sort_key


@pytest.mark.parametrize("prompt_id", ["ab", "support-ticket", "2fa", "a" * 64, "a-1-b"])
def test_an_id_is_kept_as_it_is(prompt_id: str) -> None:
    assert check_prompt_id(prompt_id) == prompt_id


@pytest.mark.parametrize(
    "prompt_id",
    ["", "a", "a" * 65, "-ab", "ab-", "a--b", "Ab", "a_b", "a.b", "a/b", "../ab", "ab\n", "ab ", "\u0430b"],
)
def test_anything_else_is_none(prompt_id: str) -> None:
    with pytest.raises(InvalidPromptId):
        check_prompt_id(prompt_id)


@pytest.mark.parametrize("prompt_id", ["current", "latest", "settings", "family", "aws-ticket", "ssm-ticket"])
def test_what_names_and_paths_of_ours_are_made_of_is_reserved(prompt_id: str) -> None:
    with pytest.raises(ReservedPromptId):
        check_prompt_id(prompt_id)


@pytest.mark.parametrize(
    "text", ["support-ticket", "support-ticket@", "support-ticket@12", "support-ticket@v0"]
)
def test_a_reference_names_a_version(text: str) -> None:
    with pytest.raises(InvalidVersion):
        PromptRef.parse(text)


def test_keys_sort_as_versions_do() -> None:
    assert [sort_key(version) for version in (2, 9, 12, 100)] == sorted(map(sort_key, (100, 12, 9, 2)))
