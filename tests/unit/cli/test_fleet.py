"""rollback --model and --block: a preview, then every prompt that uses it, each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from promptops.domain.errors import EndpointDown, NoPreviousRelease, Revoked
from promptops.domain.identifiers import PromptRef
from tests.unit.cli.stack import Stack

OLD, NEW = "vendor.good-v1:0", "vendor.bad-v2:0"
BAD_BLOCK, GOOD_BLOCK = "ab12" + "0" * 60, "cd34" + "0" * 60
ENV = "dev"


def release(stack: Stack, prompt_id: str, *models: str) -> None:
    """One version a model, published and released one after the other."""
    for version, model in enumerate(models, start=1):
        record = stack.world.publish(version, prompt_id=prompt_id)
        stack.world.release(record)
        stack.world.change(record.ref, model=model)


def fleet(stack: Stack) -> None:
    """Three prompts on the bad model, with a way back, a revoked one and none; and one on another."""
    release(stack, "alpha", OLD, NEW, NEW)
    release(stack, "bravo", OLD, NEW)
    stack.world.revoke(PromptRef("bravo", 1))
    release(stack, "charlie", NEW)
    release(stack, "delta", NEW, OLD)
    stack.serve()


def roll_back(stack: Stack, *more: str) -> Any:
    return stack.run("rollback", "--env", ENV, "--reason", "the model insults", *more)


def live(stack: Stack) -> dict[str, int]:
    return {head.prompt_id: head.version for head in stack.world.ledgers[ENV].heads()}


def test_the_preview_says_what_becomes_of_each_and_changes_nothing(stack: Stack) -> None:
    fleet(stack)
    before = live(stack)

    result = roll_back(stack, "--model", NEW)

    assert result.exit_code == 0
    heads, *rows, last = result.stdout.splitlines()
    assert heads.split() == ["PROMPT", "FROM", "TO", "REVISION", "WHY", "NOT"]
    assert [row.split(maxsplit=4) for row in rows] == [
        ["alpha", "v3", "v1", "3"],
        ["bravo", "v2", "none", "2", "v1 is revoked"],
        ["charlie", "v1", "none", "1", "there is no earlier release"],
    ]
    assert last == "Nothing was changed. The same command with --yes rolls 1 of 3 back."
    assert live(stack) == before
    assert stack.api.posted == []


def test_with_yes_each_goes_back_past_every_version_that_uses_it(stack: Stack) -> None:
    fleet(stack)

    result = roll_back(stack, "--model", NEW, "--yes")

    assert result.exit_code == NoPreviousRelease.exit_code
    assert live(stack) == {"alpha": 1, "bravo": 2, "charlie": 1, "delta": 2}
    assert "alpha: v1 is live, revision 4" in result.stderr
    assert "bravo stays at v2: v1 is revoked" in result.stdout


def test_each_is_an_operation_of_its_own_that_names_what_it_leaves(stack: Stack) -> None:
    release(stack, "alpha", OLD, NEW)
    release(stack, "bravo", OLD, OLD, NEW)
    stack.serve()

    assert roll_back(stack, "--model", NEW, "--yes").exit_code == 0

    bodies = {
        body["prompt_id"]: (body["from_version"], body["to_version"]) for _, body, _ in stack.api.posted
    }
    assert bodies == {"alpha": ("v2", "v1"), "bravo": ("v3", "v2")}
    assert len({body["op_id"] for _, body, _ in stack.api.posted}) == 2


def test_repeated_it_finds_nothing_left_to_do(stack: Stack) -> None:
    release(stack, "alpha", OLD, NEW)
    stack.serve()
    roll_back(stack, "--model", NEW, "--yes")

    again = roll_back(stack, "--model", NEW, "--yes")

    assert again.exit_code == 0
    assert again.stdout.splitlines() == [
        f"Nothing that is live in dev uses model {NEW}.",
        f"In use there: {OLD}.",
    ]
    assert len(stack.api.posted) == 1


def test_one_that_fails_stops_no_other_and_the_worst_code_wins(stack: Stack) -> None:
    for prompt_id in ("alpha", "bravo", "charlie", "delta"):
        release(stack, prompt_id, OLD, NEW)
    stack.serve()
    really = stack.api.answers[f"/v1/{ENV}/rollback"]
    assert callable(really)

    def sometimes(body: Mapping[str, Any]) -> Mapping[str, Any]:
        if body["prompt_id"] == "alpha":
            raise EndpointDown("POST got no answer", "Try again.")
        if body["prompt_id"] == "charlie":
            raise Revoked("charlie@v1 is revoked", "Release another version.")
        return really(body)

    stack.api.answers[f"/v1/{ENV}/rollback"] = sometimes

    result = roll_back(stack, "--model", NEW, "--yes")

    assert result.exit_code == 6
    assert live(stack) == {"alpha": 2, "bravo": 1, "charlie": 2, "delta": 1}
    assert "E_ENDPOINT: POST got no answer" in result.stdout


def test_a_fix_that_came_in_between_is_left_alone(stack: Stack) -> None:
    release(stack, "alpha", OLD, NEW)
    stack.serve()
    really = stack.api.answers[f"/v1/{ENV}/rollback"]
    assert callable(really)

    def after_a_fix(body: Mapping[str, Any]) -> Mapping[str, Any]:
        stack.world.release(stack.world.publish(3, prompt_id="alpha"))
        return really(body)

    stack.api.answers[f"/v1/{ENV}/rollback"] = after_a_fix

    assert roll_back(stack, "--model", NEW, "--yes").exit_code == 5
    assert live(stack) == {"alpha": 3}


def test_ctrl_c_says_what_was_done_and_what_was_not(stack: Stack) -> None:
    release(stack, "alpha", OLD, NEW)
    release(stack, "bravo", OLD, NEW)
    stack.serve()
    really = stack.api.answers[f"/v1/{ENV}/rollback"]
    assert callable(really)

    def then_interrupted(body: Mapping[str, Any]) -> Mapping[str, Any]:
        if body["prompt_id"] == "bravo":
            raise KeyboardInterrupt
        return really(body)

    stack.api.answers[f"/v1/{ENV}/rollback"] = then_interrupted

    result = roll_back(stack, "--model", NEW, "--yes", "--json")

    assert result.exit_code == 130
    assert '"outcome": "v1 is live, revision 3"' in result.stdout
    assert '"outcome": "not tried"' in result.stdout


def test_a_pointer_that_lags_is_told_and_exits_3(stack: Stack) -> None:
    release(stack, "alpha", OLD, NEW)
    stack.world.pointers[ENV].down = True
    stack.serve()

    result = roll_back(stack, "--model", NEW, "--yes")

    assert result.exit_code == 3
    assert "clients still see the old one" in result.stdout


def test_in_json_preview_and_outcomes_are_one_document_each(stack: Stack) -> None:
    fleet(stack)
    arguments = ("rollback", "--env", ENV, "--reason", "why", "--model", NEW)

    preview, done = stack.document(*arguments), stack.document(*arguments, "--yes")

    assert (preview["done"], preview["model"], preview["environment"]) == (False, NEW, ENV)
    assert preview["moves"][0] == {
        "prompt_id": "alpha",
        "from_version": 3,
        "to_version": 1,
        "revision": 3,
        "why": "",
    }
    assert preview["moves"][1]["to_version"] is None
    assert [(move["exit_code"], (move["error"] or {}).get("code")) for move in done["moves"]] == [
        (0, None),
        (4, "E_NO_PREVIOUS"),
        (4, "E_NO_PREVIOUS"),
    ]
    assert done["moves"][0]["done"]["revision"] == 4


@pytest.mark.parametrize(
    ("asked", "found"),
    [(NEW, ["alpha", "bravo"]), (f"eu.{NEW}", ["bravo"]), ("vendor.bad", []), (f"us.{NEW}", [])],
)
def test_a_base_model_means_its_inference_profiles_too(stack: Stack, asked: str, found: list[str]) -> None:
    release(stack, "alpha", OLD, NEW)
    release(stack, "bravo", OLD, f"eu.{NEW}")

    document = stack.document("rollback", "--env", ENV, "--reason", "why", "--model", asked)

    assert [move["prompt_id"] for move in document["moves"]] == found


@pytest.mark.parametrize(
    ("asked", "moves"),
    [
        ("tone", [("alpha", None), ("bravo", None)]),
        ("tone@ab12", [("alpha", 1)]),
        (f"tone@sha256:{BAD_BLOCK}", [("alpha", 1)]),
        ("tone@ffff", []),
        ("ton", []),
    ],
)
def test_a_block_is_found_by_its_id_or_by_its_content(
    stack: Stack, asked: str, moves: list[tuple[str, int | None]]
) -> None:
    for prompt_id, *digests in (("alpha", GOOD_BLOCK, BAD_BLOCK), ("bravo", BAD_BLOCK, GOOD_BLOCK)):
        release(stack, prompt_id, OLD, OLD)
        for version, digest in enumerate(digests, start=1):
            stack.world.change(PromptRef(prompt_id, version), blocks={"tone": digest})

    document = stack.document("rollback", "--env", ENV, "--reason", "why", "--block", asked)

    assert [(move["prompt_id"], move["to_version"]) for move in document["moves"]] == moves
    assert document["block"] == asked.replace("sha256:", "")


def test_a_retired_prompt_is_no_part_of_the_fleet(stack: Stack) -> None:
    release(stack, "alpha", OLD, NEW)
    stack.serve()
    stack.run("retire", "alpha", "--env", ENV, "--reason", "replaced")

    assert stack.document("rollback", "--env", ENV, "--reason", "x", "--model", NEW)["moves"] == []


def test_a_prompt_whose_record_is_lost_is_shown_rather_than_passed_over(stack: Stack) -> None:
    release(stack, "alpha", OLD, NEW)
    release(stack, "bravo", OLD, OLD, NEW)
    del stack.world.registry.rows[PromptRef("alpha", 2)], stack.world.registry.rows[PromptRef("bravo", 2)]

    moves = stack.document("rollback", "--env", ENV, "--reason", "x", "--model", NEW)["moves"]

    assert [(move["prompt_id"], move["to_version"], move["why"]) for move in moves] == [
        ("alpha", None, "v2 is not in the registry"),
        ("bravo", 1, ""),
    ]


def test_a_model_gone_back_to_that_dies_is_told_once_for_each_version(stack: Stack) -> None:
    release(stack, "alpha", OLD, NEW)
    release(stack, "bravo", OLD, NEW)
    stack.line.bedrock.lifecycles[OLD] = {"status": "LEGACY"}
    stack.serve()

    result = roll_back(stack, "--model", NEW, "--yes")

    assert result.exit_code == 0
    assert result.stderr.count("W_MODEL_RETIRED") == 2
    assert stack.line.bedrock.asked == [OLD]
