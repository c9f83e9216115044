"""promote, rollback and the requests behind them: what is asked, shown, and the exit code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from promptops.domain.errors import AccessRefused, Conflict, EndpointDown, NoPreviousRelease
from promptops.domain.identifiers import PromptRef
from tests.unit.cli.stack import Stack
from tests.unit.release_world import PROMPT

V1 = PromptRef(PROMPT, 1)


def promoting(stack: Stack, *, score: float = 1.0, until: str = "end") -> None:
    """Have the API request releases to prod and the workflow run at once, `until` a state or the end."""

    def answer(body: Mapping[str, Any]) -> Mapping[str, Any]:
        ref = PromptRef(body["prompt_id"], int(body["version"][1:]))
        asked = stack.world.ask(ref, to="prod", reason=body["reason"])
        request_id = getattr(asked, "request_id", "")
        if request_id and until != "begin":
            walk(stack, request_id, score, until)
        return asked.to_dict()

    stack.api.answers["/v1/prod/promote"] = answer


def walk(stack: Stack, request_id: str, score: float, until: str) -> None:
    world = stack.world
    prod = world.promotion("prod")
    request = world.ledgers["prod"].request(request_id)
    record = world.registry.version(request.ref)
    try:
        prod.begin(request_id)
        world.evaluate(record, score=score)
        prod.begin(request_id)
        for environment in request.path:
            if until == "approval" and environment == "prod":
                wait_for_approval(stack, request_id)
                return
            world.promotion(environment).promote(request_id)
        prod.end(request_id, None)
    except Exception as error:
        prod.end(request_id, {"Error": type(error).__name__, "Cause": f'{{"errorMessage": "{error}"}}'})


def wait_for_approval(stack: Stack, request_id: str) -> None:
    ledger = stack.world.ledgers["prod"]
    stack.world.approve(request_id, "prod")
    (approval_id,) = ledger.approvals
    ledger.approvals[approval_id] = replace(
        ledger.approvals[approval_id],
        status="PENDING",
        authors=("alice@example.com",),
        expires_at="9999-01-01T00:00:00.000000Z",
    )
    request = ledger.request(request_id)
    ledger.put_request(
        request.step(stack.world.clock.now(), "waiting for approval in prod", status="waiting")
    )


def promote(stack: Stack, *more: str) -> Any:
    return stack.run("promote", "support-ticket@v1", "--to", "prod", "--reason", "first release", *more)


def test_promote_follows_the_release_through_every_environment(stack: Stack) -> None:
    stack.world.publish(1)
    promoting(stack)

    result = promote(stack)

    assert result.exit_code == 0
    path, body, repeatable = stack.api.posted[0]
    assert (path, repeatable) == ("/v1/prod/promote", False)
    assert body == {"prompt_id": PROMPT, "version": "v1", "reason": "first release"}
    assert result.stdout.splitlines() == [
        f"support-ticket@v1 is live in {name}, revision 1." for name in ("dev", "staging", "prod")
    ]
    assert "evaluation: pass with 1.00" in result.stderr
    assert "released in dev, staging, prod" in result.stderr


def test_promote_in_json_is_one_document(stack: Stack) -> None:
    stack.world.publish(1)
    promoting(stack)

    document = stack.document("promote", "support-ticket@v1", "--to", "prod", "--reason", "first")

    assert document["outcome"] == "released"
    assert document["request"]["status"] == "released"
    assert document["live"][-1] == {"environment": "prod", "version": "v1", "revision": 1, "projected": True}


def test_a_release_that_stops_on_its_way_says_where_it_stays(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.world.publish(1)
    promoting(stack)

    def overtaken(commit: object) -> None:
        raise Conflict("head moved 7 to 8", "Look and decide again.")

    monkeypatch.setattr(stack.world.ledgers["prod"], "commit", overtaken)

    result = promote(stack)

    *_, told, error = result.stderr.splitlines()
    assert result.exit_code != 0
    assert told == "support-ticket@v1 was released in dev, staging, and goes no further:"
    assert error.startswith("E_")


def test_promoting_what_is_live_changes_nothing(stack: Stack) -> None:
    stack.world.released(1, to="prod")
    promoting(stack)

    result = promote(stack)

    assert result.exit_code == 0
    assert "is live in prod already, revision 1" in result.stdout


def test_a_failed_evaluation_shows_its_cases_and_exits_7(stack: Stack) -> None:
    stack.world.publish(1)
    promoting(stack, score=0.0)

    result = promote(stack)

    assert result.exit_code == 7
    assert "case-0" in result.stdout
    assert result.stderr.splitlines()[-1].startswith("E_EVAL_FAILED: support-ticket@v1 scored 0.00")
    assert result.stderr.splitlines()[-2].endswith(" s  refused")
    assert result.stderr.count("E_EVAL_FAILED") == 1


def test_a_failed_evaluation_in_json_carries_report_and_request(stack: Stack) -> None:
    stack.world.publish(1)
    promoting(stack, score=0.0)

    error = stack.document("promote", "support-ticket@v1", "--to", "prod", "--reason", "first")["error"]

    assert error["code"] == "E_EVAL_FAILED"
    assert error["data"]["report"]["verdict"] == "fail"
    assert error["data"]["request_id"].startswith("prod-")


def test_a_waiting_release_says_who_can_decide_and_where(stack: Stack) -> None:
    stack.world.publish(1, risk="high")
    promoting(stack, until="approval")

    result = promote(stack, "--timeout", "0")

    (approval_id,) = stack.world.ledgers["prod"].approvals
    assert result.exit_code == 3
    assert f"https://api.example/approvals/{approval_id}" in result.stderr
    assert f"promptops approve {approval_id}" in result.stderr
    assert "Bob, Carol" in result.stderr
    assert "Alice" not in result.stderr.partition("May decide")[2]
    assert "is still waiting" in result.stdout
    assert "promptops show --request prod-" in result.stdout


def test_a_waiting_release_in_json_is_one_document(stack: Stack) -> None:
    stack.world.publish(1, risk="high")
    promoting(stack, until="approval")

    document = stack.document(
        "promote", "support-ticket@v1", "--to", "prod", "--reason", "x", "--timeout", "0"
    )

    assert document["outcome"] == "still waiting"
    assert document["request"]["status"] == "waiting"


def test_no_wait_returns_with_the_command_to_follow(stack: Stack) -> None:
    stack.world.publish(1)
    promoting(stack, until="begin")

    result = promote(stack, "--no-wait")

    assert result.exit_code == 0
    assert "promptops show --request prod-" in result.stdout


def test_a_release_whose_pointer_lags_exits_3(stack: Stack) -> None:
    stack.world.publish(1)
    stack.world.pointers["prod"].down = True
    promoting(stack)

    result = promote(stack)

    assert result.exit_code == 3
    assert "clients still see the old one" in result.stdout


def test_a_pointer_that_may_not_be_read_is_no_alarm(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.world.publish(1)
    promoting(stack)

    def refused(prompt_id: str) -> str:
        raise AccessRefused("ssm:GetParameter answered AccessDeniedException")

    monkeypatch.setattr(stack.world.pointers["prod"], "read", refused)

    assert promote(stack).exit_code == 0


def test_ctrl_c_leaves_the_request_running_and_says_so(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.world.publish(1)
    promoting(stack, until="begin")

    def interrupted(request_id: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stack.world.ledgers["prod"], "request", interrupted)

    result = promote(stack)

    assert result.exit_code == 130
    assert "the request goes on" in result.stderr
    assert "promptops show --request prod-" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("support-ticket", "--to", "prod"), "E_VERSION"),
        (("support-ticket@12", "--to", "prod"), "E_VERSION"),
        (("support-ticket@V12", "--to", "prod"), "E_VERSION"),
        (("Support-Ticket@v1", "--to", "prod"), "E_ID"),
        (("../prod/x@v1", "--to", "prod"), "E_ID"),
        (("support-ticket@v1", "--to", "production"), "E_ENV"),
    ],
)
def test_bad_references_are_refused_before_anything_is_asked(
    stack: Stack, arguments: tuple[str, ...], code: str
) -> None:
    result = stack.run("promote", *arguments, "--reason", "why")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{code}: ")
    assert stack.api.posted == []


def test_an_unknown_environment_names_those_there_are(stack: Stack) -> None:
    result = stack.run("promote", "support-ticket@v1", "--to", "production", "--reason", "why")

    assert result.stderr == "E_ENV: unknown environment 'production'. Known: dev, staging, prod.\n"


def test_an_empty_reason_is_refused(stack: Stack) -> None:
    result = stack.run("promote", "support-ticket@v1", "--to", "prod", "--reason", " ")

    assert (result.exit_code, result.stderr[:10]) == (2, "E_REASON: ")


def test_an_error_of_the_api_keeps_code_and_exit_code(stack: Stack) -> None:
    stack.api.answers["/v1/prod/promote"] = Conflict(
        "head moved 7 to 8 (v13 by carol)", "Look and decide again."
    )

    result = promote(stack)

    assert result.exit_code == 5
    assert result.stderr == "E_CONFLICT: head moved 7 to 8 (v13 by carol). Look and decide again.\n"
    assert result.stdout == ""


def test_rollback_is_one_operation_however_often_it_is_sent(stack: Stack) -> None:
    stack.world.released(1, 2)

    def answer(body: Mapping[str, Any]) -> Mapping[str, Any]:
        return stack.world.roll_back(
            op_id=body["op_id"], reason=body["reason"], to=body["to_version"]
        ).to_dict()

    stack.api.answers["/v1/dev/rollback"] = answer

    result = stack.run("rollback", PROMPT, "--env", "dev", "--reason", "it is worse")

    (_, body, repeatable), *_ = stack.api.posted
    assert result.exit_code == 0
    assert repeatable
    assert len(body["op_id"]) > 20
    assert result.stdout == "support-ticket@v1 is live in dev, revision 3; it replaces v2.\n"


def test_a_rollback_whose_pointer_lags_exits_3(stack: Stack) -> None:
    stack.world.released(1, 2)
    stack.world.pointers["dev"].down = True
    stack.api.answers["/v1/dev/rollback"] = lambda body: stack.world.roll_back(op_id=body["op_id"]).to_dict()

    result = stack.run("rollback", PROMPT, "--env", "dev", "--reason", "it is worse")

    assert result.exit_code == 3
    assert "clients still see v2" in result.stdout


def test_a_refused_rollback_exits_4(stack: Stack) -> None:
    stack.api.answers["/v1/dev/rollback"] = NoPreviousRelease(
        "support-ticket has no earlier release", "Promote one."
    )

    assert stack.run("rollback", PROMPT, "--env", "dev", "--reason", "why").exit_code == 4


def test_a_bad_target_of_a_rollback_is_refused_here(stack: Stack) -> None:
    result = stack.run("rollback", PROMPT, "--env", "dev", "--to", "11", "--reason", "why")

    assert (result.exit_code, result.stderr[:11]) == (2, "E_VERSION: ")


def test_the_network_may_fail_while_following(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.world.publish(1)
    promoting(stack)
    read = stack.world.ledgers["prod"].request
    failures = [EndpointDown("dynamodb:GetItem got no answer"), None]

    def sometimes(request_id: str) -> Any:
        failure = failures.pop(0) if failures else None
        if failure:
            raise failure
        return read(request_id)

    monkeypatch.setattr("time.sleep", lambda seconds: None)
    result_of = stack.api.answers["/v1/prod/promote"]
    assert callable(result_of)

    def then_fail(body: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = result_of(body)
        monkeypatch.setattr(stack.world.ledgers["prod"], "request", sometimes)
        return answer

    stack.api.answers["/v1/prod/promote"] = then_fail

    assert promote(stack).exit_code == 0


def test_a_workflow_that_died_without_an_outcome_is_an_error(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.world.publish(1)
    promoting(stack, until="begin")
    stack.line.status_of_execution = "ABORTED"
    monkeypatch.setattr("promptops.cli.follow.LOOKS_PER_LOOK_AT_WORKFLOW", 1)

    result = promote(stack)

    assert result.exit_code == 6
    assert "ended as ABORTED and recorded no outcome" in result.stderr
