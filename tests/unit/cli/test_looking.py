"""show, history, approvals, approve, reject: what people and scripts read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.domain.errors import SelfApproval
from tests.unit.cli.stack import Stack
from tests.unit.release_world import ALICE, PROMPT


def waiting(stack: Stack) -> str:
    """The id of an approval that waits in prod for support-ticket v1."""
    record = stack.world.publish(1, risk="high")
    stack.world.evaluate(record)
    request_id = stack.world.requested(record.ref, to="prod")
    approval = stack.world.approve(request_id, "prod")
    ledger = stack.world.ledgers["prod"]
    ledger.approvals[approval.approval_id] = replace(approval, status="PENDING")
    return approval.approval_id


def test_show_lists_versions_newest_first_and_where_each_is_live(stack: Stack) -> None:
    stack.world.released(1, to="prod")
    stack.world.released(2, to="dev")

    result = stack.run("show", PROMPT)

    heads, newest, oldest = result.stdout.splitlines()
    assert heads.split()[:2] == ["VERSION", "PUBLISHED"]
    assert newest.startswith("v2")
    assert newest.endswith(" dev")
    assert "staging, prod" in oldest


def test_show_in_json_has_versions_and_what_is_live(stack: Stack) -> None:
    stack.world.released(1, to="prod")

    document = stack.document("show", PROMPT)

    assert document["live"]["prod"] == {"version": "v1", "revision": 1}
    assert document["versions"][0]["version"] == "v1"
    assert document["versions"][0]["evidence"]["verdict"] == "pass"


def test_show_one_version_prints_its_messages(stack: Stack) -> None:
    stack.world.publish(1)

    result = stack.run("show", "support-ticket@v1")

    assert result.exit_code == 0
    assert "[user]\ntext of v1\n" in result.stdout
    assert "alice@example.com" in result.stdout


def test_show_one_version_tells_how_often_it_was_evaluated(stack: Stack) -> None:
    record = stack.world.publish(1)
    for score in (0.2, 0.3, 1.0):
        stack.world.evaluate(record, score=score)

    shown = stack.run("show", "support-ticket@v1").stdout

    assert "evaluation 3 of 3 of this version" in shown
    assert shown.index("fail 0.30, ") < shown.index("fail 0.20, ")
    document = stack.document("show", "support-ticket@v1")
    assert [past["verdict"] for past in document["evaluations"]["newest"]] == ["pass", "fail", "fail"]
    assert document["evaluations"]["total"] == 3


def test_show_env_is_the_live_version(stack: Stack) -> None:
    stack.world.released(1, 2, to="dev")

    document = stack.document("show", PROMPT, "--env", "dev")

    assert document["ref"] == "support-ticket@v2"
    assert document["artifact"]["messages"] == [{"role": "user", "content": "text of v2"}]


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("show", "unknown-prompt"), "E_PROMPT_UNKNOWN", 2),
        (("show", "support-ticket@v99"), "E_VERSION_UNKNOWN", 2),
        (("show", "support-ticket", "--env", "prod"), "E_NOT_RELEASED", 2),
        (("show",), "E_USAGE", 2),
        (("show", "support-ticket", "--request", "x"), "E_USAGE", 2),
        (("show", "--request", "prod-xyz"), "E_REQUEST_UNKNOWN", 2),
        (("show", "--request", "prod-" + "0" * 32), "E_REQUEST_UNKNOWN", 2),
        (("show", "--request", "nowhere-" + "0" * 32), "E_ENV", 2),
        (("history", "unknown-prompt", "--env", "dev"), "E_PROMPT_UNKNOWN", 2),
        (("history", "support-ticket", "--env", "prod"), "E_NOT_RELEASED", 2),
        (("history", "support-ticket", "--env", "production"), "E_ENV", 2),
        (("observe", "support-ticket", "--env", "dev"), "E_RECORD", 2),
        (("observe", "support-ticket", "--env", "dev", "--quality", "1"), "E_NOT_RELEASED", 2),
        (("resolve", "support-ticket", "--env", "dev", "--var", "ticket"), "E_USAGE", 2),
        (("resolve", "Support-ticket", "--env", "dev"), "E_ID", 2),
    ],
)
def test_every_bad_input_has_its_code_on_standard_error_and_in_json(
    stack: Stack, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    stack.world.publish(1)

    result = stack.run(*arguments)

    assert result.exit_code == exit_code
    assert result.stderr.startswith(f"{code}: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert stack.document(*arguments)["error"]["code"] == code


def test_an_unknown_version_names_those_there_are(stack: Stack) -> None:
    stack.world.publish(1)

    assert "has v1 to v1" in stack.run("show", "support-ticket@v99").stderr


def test_history_is_the_audit_record(stack: Stack) -> None:
    stack.world.released(1, 2, to="dev")
    stack.world.roll_back(environment="dev", reason="it is [worse]")

    result = stack.run("history", PROMPT, "--env", "dev")

    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert [row[0] for row in rows] == ["3", "2", "1"]
    assert rows[0][3:7] == ["rollback", "v2", "→", "v1"]
    assert "it is [worse]" in result.stdout


def test_history_in_json_has_every_field_of_a_release(stack: Stack) -> None:
    stack.world.released(1)

    document = stack.document("history", PROMPT, "--env", "dev")

    assert document["releases"] == [
        release.to_dict() for release in stack.world.ledgers["dev"].releases(PROMPT)
    ]


def test_approvals_lists_what_waits_with_the_page(stack: Stack) -> None:
    approval_id = waiting(stack)

    result = stack.run("approvals")

    assert approval_id in result.stdout
    assert "support-ticket@v1" in result.stdout
    assert "Alice" in result.stdout
    assert "https://api.example/approvals" in result.stdout
    assert stack.document("approvals")["approvals"][0]["page"].endswith(f"/approvals/{approval_id}")


def test_no_approvals_is_said(stack: Stack) -> None:
    assert stack.run("approvals").stdout == "Nothing waits for approval.\n"
    assert stack.document("approvals") == {"approvals": []}


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_decision_goes_to_the_approvals_route(stack: Stack, decision: str) -> None:
    path = "/v1/approvals/prod-4f1c"
    stack.api.answers[path] = {"decision": decision.upper()}

    result = stack.run(decision, "prod-4f1c", "--comment", "checked")

    assert result.exit_code == 0
    assert stack.api.posted == [(path, {"decision": decision, "comment": "checked"}, False)]


def test_an_id_cannot_leave_its_route(stack: Stack) -> None:
    stack.api.answers["/v1/approvals/..%2Fprod%2Frollback%3Fx"] = {}

    assert stack.run("approve", "../prod/rollback?x").exit_code == 0


def test_a_rejection_needs_a_comment(stack: Stack) -> None:
    result = stack.run("reject", "prod-4f1c")

    assert result.exit_code == 2
    assert result.stderr == "E_USAGE: missing option '--comment'. See promptops reject --help.\n"


def test_approving_ones_own_change_exits_4(stack: Stack) -> None:
    stack.api.answers["/v1/approvals/prod-4f1c"] = SelfApproval(
        "requested by alice", "Another approver must decide."
    )

    result = stack.run("approve", "prod-4f1c")

    assert result.exit_code == 4
    assert result.stderr == "E_SELF_APPROVAL: requested by alice. Another approver must decide.\n"


def test_people_in_no_map_are_shown_by_their_identity(stack: Stack) -> None:
    stack.world.released(1)

    assert ALICE.identity.rsplit("/", 1)[-1] in stack.run("history", PROMPT, "--env", "dev").stdout
