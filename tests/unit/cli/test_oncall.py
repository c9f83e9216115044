"""rollback, drill, retire, revoke, freeze, changes: what somebody on call types, sees, and can rely on."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promptops.cli.checkup import CHECKS
from promptops.cli.moments import moment_of
from promptops.domain.drift import Drift
from promptops.domain.errors import (
    AccessRefused,
    DigestMismatch,
    EndpointDown,
    InvalidUsage,
    PointerDenied,
    PromptOpsError,
    Unavailable,
)
from promptops.domain.identifiers import PromptRef
from tests.unit.cli.stack import Stack
from tests.unit.release_world import MODEL, PROMPT

V1, V2 = PromptRef(PROMPT, 1), PromptRef(PROMPT, 2)


def roll_back(stack: Stack, *more: str) -> Any:
    return stack.run("rollback", PROMPT, "--env", "dev", "--reason", "it is worse", *more)


def test_a_rollback_leaves_the_version_that_was_live_when_it_was_typed(stack: Stack) -> None:
    stack.world.released(1, 2)
    stack.serve()

    result = roll_back(stack)

    ((_, body, _),) = stack.api.posted
    assert (body["from_version"], body["to_version"]) == ("v2", "")
    assert "leaves v2 for the newest earlier release" in result.stderr
    assert result.stdout == "support-ticket@v1 is live in dev, revision 3; it replaces v2.\n"


def test_a_rollback_never_undoes_a_newer_fix(stack: Stack) -> None:
    stack.world.released(1, 2, 3)
    stack.serve()

    result = roll_back(stack, "--from", "v2", "--to", "v1")

    assert result.exit_code == 5
    assert result.stderr.splitlines()[-1].startswith("E_CONFLICT: ")
    assert "v3 by alice is live" in result.stderr
    assert stack.world.ledgers["dev"].head(PROMPT).version == 3


def test_a_retired_prompt_is_served_again_by_a_rollback(stack: Stack) -> None:
    stack.world.released(1, 2)
    stack.serve()
    stack.run("retire", PROMPT, "--env", "dev", "--reason", "replaced")

    result = roll_back(stack)

    assert result.exit_code == 0
    assert stack.world.ledgers["dev"].head(PROMPT).pointer().to_text() == stack.world.pointer()
    assert result.stdout == "support-ticket@v2 is live in dev, revision 4.\n"
    assert "v2 → v2" not in stack.run("changes", "--since", "2020-01-01").stdout


def test_a_ledger_that_does_not_answer_stops_no_rollback(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.world.released(1, 2)
    stack.api.answers["/v1/dev/rollback"] = stack.world.roll_back().to_dict()

    def refused(prompt_id: str) -> Any:
        raise AccessRefused("dynamodb:GetItem answered AccessDeniedException")

    monkeypatch.setattr(stack.world.ledgers["dev"], "head", refused)

    result = roll_back(stack)

    ((_, body, _),) = stack.api.posted
    assert (result.exit_code, body["from_version"]) == (0, "")
    assert result.stderr.startswith("W_HEAD_UNKNOWN: ")


def test_a_pointer_that_is_refused_says_why_and_exits_3(stack: Stack) -> None:
    stack.world.released(1, 2)
    problem = PointerDenied("the pointer may not be written", "Find the policy that denies it.")
    answer = {**stack.world.roll_back().to_dict(), "projected": False, "problem": problem.to_dict()}
    stack.api.answers["/v1/dev/rollback"] = answer

    result = roll_back(stack)

    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1] == str(problem)
    assert stack.document("rollback", PROMPT, "--env", "dev", "--reason", "x")["problem"]["code"] == (
        "E_POINTER_DENIED"
    )


@pytest.mark.parametrize("error", [EndpointDown("POST got no answer"), Unavailable("the API answered 503")])
def test_without_the_api_the_error_names_the_break_glass_command(stack: Stack, error: PromptOpsError) -> None:
    stack.world.released(1, 2, 3)
    stack.world.revoke(V2)
    stack.api.answers["/v1/dev/rollback"] = error

    result = roll_back(stack)

    assert result.exit_code == 6
    assert result.stderr.splitlines()[-1].endswith(
        "aws ssm put-parameter --name /prompt-ops/dev/support-ticket/current --type String --value v1"
        " --overwrite --region eu-central-1"
    )


def test_the_break_glass_command_takes_the_version_that_was_named(stack: Stack) -> None:
    stack.world.released(1, 2, 3)
    stack.api.answers["/v1/dev/rollback"] = EndpointDown("POST got no answer")

    error = stack.document("rollback", PROMPT, "--env", "dev", "--to", "v1", "--reason", "it is worse")[
        "error"
    ]

    assert "--value v1 " in error["data"]["break_glass"]
    assert error["code"] == "E_ENDPOINT"


def test_break_glass_is_not_offered_for_bytes_that_are_damaged(stack: Stack) -> None:
    stack.world.released(1, 2)
    stack.api.answers["/v1/dev/rollback"] = DigestMismatch("the stored artifact is others", "Restore it.")

    result = roll_back(stack, "--to", "v1")

    assert "put-parameter" not in result.stderr


@pytest.mark.parametrize(
    ("lifecycle", "said"),
    [
        (
            {"status": "LEGACY", "endOfLifeTime": datetime(2026, 6, 30, tzinfo=UTC)},
            "calls LEGACY, with its end on 2026-06-30",
        ),
        (None, "does not know any more"),
    ],
)
def test_a_version_gone_back_to_on_a_dying_model_is_told(
    stack: Stack, lifecycle: Mapping[str, Any] | None, said: str
) -> None:
    stack.world.released(1, 2)
    stack.world.change(V1, model="eu.vendor.old-v1:0")
    stack.line.bedrock.lifecycles["vendor.old-v1:0"] = lifecycle
    stack.serve()

    document = stack.document("rollback", PROMPT, "--env", "dev", "--reason", "it is worse")

    (warning,) = document["warnings"]
    assert warning.startswith(f"W_MODEL_RETIRED: {V1} runs on eu.vendor.old-v1:0, which Bedrock {said}.")
    assert document["version"] == 1


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        ("vendor.model-v1:0", ["vendor.model-v1:0"]),
        ("us.vendor.model-v1:0", ["vendor.model-v1:0"]),
        ("global.vendor.model-v1:0", ["vendor.model-v1:0"]),
        ("arn:aws:bedrock:eu-central-1::foundation-model/vendor.model-v1:0", ["vendor.model-v1:0"]),
        ("arn:aws:bedrock:eu-central-1:1:inference-profile/eu.vendor.model-v1:0", ["vendor.model-v1:0"]),
        ("arn:aws:bedrock:eu-central-1:1:application-inference-profile/x1", []),
    ],
)
def test_bedrock_is_asked_about_the_base_model(stack: Stack, model: str, asked: list[str]) -> None:
    stack.world.released(1, 2)
    stack.world.change(V1, model=model)
    stack.serve()

    result = roll_back(stack)

    assert stack.line.bedrock.asked == asked
    assert "W_MODEL" not in result.stderr


def test_a_model_that_cannot_be_asked_about_in_time_delays_nobody(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.world.released(1, 2)
    stack.serve()
    monkeypatch.setattr("promptops.cli.model_access.LOOK_SECONDS", 0.05)
    over, answered = threading.Event(), threading.Event()

    def hangs(**_: object) -> None:
        over.wait(30)
        answered.set()

    monkeypatch.setattr(stack.line.bedrock, "get_foundation_model", hangs)

    result = roll_back(stack)

    assert result.exit_code == 0
    assert not answered.is_set()
    over.set()


def test_a_failing_look_at_the_model_fails_no_rollback(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.world.released(1, 2)
    stack.serve()

    def broken(**_: str) -> None:
        raise RuntimeError("bedrock:GetFoundationModel answered AccessDeniedException")

    monkeypatch.setattr(stack.line.bedrock, "get_foundation_model", broken)

    assert roll_back(stack).exit_code == 0


def test_the_model_is_not_asked_about_before_the_rollback_is_done(stack: Stack) -> None:
    stack.world.released(1, 2)
    asked_before: list[int] = []

    def answer(body: Mapping[str, Any]) -> Mapping[str, Any]:
        asked_before.append(len(stack.line.bedrock.asked))
        return stack.world.roll_back(op_id=body["op_id"], reason=body["reason"]).to_dict()

    stack.api.answers["/v1/dev/rollback"] = answer

    roll_back(stack)

    assert asked_before == [0]
    assert stack.line.bedrock.asked == [MODEL]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "takes one of PROMPT, --model and --block"),
        ((PROMPT, "--model", "m"), "takes one of PROMPT, --model and --block"),
        (("--model", "m", "--block", "b"), "takes one of PROMPT, --model and --block"),
        (("--model", "m", "--to", "v1"), "--to, --from and --drill are about one prompt"),
        (("--block", "b", "--drill"), "--to, --from and --drill are about one prompt"),
        ((PROMPT, "--drill", "--to", "v1"), "a drill takes no --to and no --from"),
        (("--block", "b@xyz"), "names no block"),
        (("--block", "@abcd"), "names no block"),
    ],
)
def test_a_rollback_of_nothing_clear_is_refused(stack: Stack, arguments: tuple[str, ...], what: str) -> None:
    result = stack.run("rollback", *arguments, "--env", "dev", "--reason", "why")

    assert result.exit_code == 2
    assert result.stderr.startswith("E_USAGE: ")
    assert what in result.stderr
    assert stack.api.posted == []


def test_a_drill_prints_both_times_and_where_its_evidence_is(stack: Stack) -> None:
    stack.world.released(1, 2, to="staging")
    stack.serve()

    result = stack.run("rollback", PROMPT, "--env", "staging", "--drill", "--reason", "drill of March")

    assert result.exit_code == 0
    first, times, evidence = result.stdout.splitlines()
    assert first == "Drilled support-ticket in staging: v2 → v1 → v2, revisions 3 and 4."
    assert times.startswith("Back in 1.00 s, forth in 1.00 s")
    (key,) = (key for key in stack.world.archive.objects if "/drills/" in key)
    assert evidence == f"Evidence: s3://artifacts/{key}"
    assert stack.world.ledgers["staging"].head(PROMPT).version == 2


def test_nobody_drills_where_people_are_served(stack: Stack) -> None:
    stack.world.released(1, 2, to="prod")
    stack.serve()

    result = stack.run("rollback", PROMPT, "--env", "prod", "--drill", "--reason", "drill")

    assert (result.exit_code, result.stderr.partition(":")[0]) == (4, "E_DRILL")


def test_retire_takes_a_prompt_out_of_service_once(stack: Stack) -> None:
    stack.world.released(1)
    stack.serve()

    first = stack.run("retire", PROMPT, "--env", "dev", "--reason", "replaced")
    again = stack.run("retire", PROMPT, "--env", "dev", "--reason", "replaced")

    assert first.stdout == "support-ticket is retired in dev, revision 2; v1 was live.\n"
    assert again.stdout == "support-ticket is retired in dev, revision 2, already.\n"
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert '"state":"retired"' in (stack.world.pointer() or "")


def test_a_retirement_whose_pointer_lags_exits_3_and_says_why(stack: Stack) -> None:
    stack.world.released(1)
    stack.world.pointers["dev"].down = True
    stack.serve()

    result = stack.run("retire", PROMPT, "--env", "dev", "--reason", "replaced")

    assert result.exit_code == 3
    assert "clients still see v1" in result.stdout
    assert "E_ENDPOINT: Parameter Store does not answer" in result.stderr


def test_freeze_and_unfreeze_say_what_holds_now(stack: Stack) -> None:
    stack.serve()

    said = [
        stack.run(verb, "--env", "prod", "--reason", reason).stdout.splitlines()[0]
        for verb, reason in (
            ("freeze", "incident 7"),
            ("freeze", "incident 8"),
            ("unfreeze", "over"),
            ("unfreeze", "over"),
        )
    ]

    assert said == [
        "Promotions to prod are frozen: incident 7.",
        "Promotions to prod are already frozen: incident 7.",
        "Promotions to prod are open.",
        "Promotions to prod are already open.",
    ]


@pytest.mark.parametrize("verb", ["freeze", "unfreeze"])
def test_a_freeze_of_an_unknown_environment_or_without_a_reason_is_refused(stack: Stack, verb: str) -> None:
    unknown = stack.run(verb, "--env", "production", "--reason", "incident")
    silent = stack.run(verb, "--env", "prod", "--reason", " ")

    assert [result.stderr.partition(":")[0] for result in (unknown, silent)] == ["E_ENV", "E_REASON"]
    assert stack.api.posted == []


def test_a_freeze_is_what_doctor_finds_in_the_way(stack: Stack) -> None:
    stack.world.freeze("prod", "incident 7")

    (check,) = (check for check in CHECKS if check.name == "freezes")
    assert check.look(stack.line)[:2] == ("warn", "prod is frozen: incident 7")


def test_revoke_follows_until_no_environment_serves_it(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.world.released(1, 2, to="prod")
    stack.serve()
    due = ["dev", "staging"]
    monkeypatch.setattr(time, "sleep", lambda seconds: stack.world.reconcile(due.pop()))

    result = stack.run("revoke", str(V2), "--reason", "it insults customers")

    assert result.exit_code == 0
    assert "support-ticket@v2 is revoked: it insults customers" in result.stderr
    assert "support-ticket@v2 is live in dev" in result.stderr
    assert result.stdout.splitlines() == [
        "v1 is live in prod instead, revision 3.",
        "v1 is live in staging instead, revision 3.",
        "v1 is live in dev instead, revision 3.",
        "support-ticket@v2 is revoked and live nowhere.",
    ]


def test_a_revoked_version_without_a_way_back_leaves_nothing_served(stack: Stack) -> None:
    stack.world.released(1, to="prod")
    stack.serve()
    for environment in ("dev", "staging"):
        stack.run("retire", PROMPT, "--env", environment, "--reason", "not needed")

    result = stack.run("revoke", str(V1), "--reason", "wrong law")

    assert result.exit_code == 0
    assert "support-ticket is revoked in prod: nothing is served." in result.stdout


def test_revoke_without_waiting_says_where_it_still_is_and_exits_3(stack: Stack) -> None:
    stack.world.released(1, 2, to="prod")
    stack.serve()

    result = stack.run("revoke", str(V2), "--reason", "wrong law", "--no-wait")

    assert result.exit_code == 3
    assert "still to leave dev, staging" in result.stdout
    document = stack.document("revoke", str(V2), "--reason", "wrong law", "--no-wait")
    assert (document["still_live"], document["unchanged"]) == (["dev", "staging"], True)
    assert [left["environment"] for left in document["left"]] == ["prod"]


def test_a_version_whose_pointer_lags_is_still_served(stack: Stack) -> None:
    stack.world.released(1, 2, to="prod")
    stack.serve()
    stack.world.pointers["prod"].down = True

    result = stack.run("revoke", str(V2), "--reason", "wrong law", "--no-wait")

    assert result.exit_code == 3
    assert "still to leave dev, staging, prod" in result.stdout
    assert "prod: E_ENDPOINT: Parameter Store does not answer" in result.stderr


def test_a_ledger_that_does_not_answer_ends_no_following(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.world.released(1, 2, to="dev")
    stack.serve()
    staging = stack.world.ledgers["staging"]
    failures = [EndpointDown("dynamodb:GetItem got no answer")]
    read = staging.head

    def sometimes(prompt_id: str) -> Any:
        if failures:
            raise failures.pop()
        return read(prompt_id)

    monkeypatch.setattr(staging, "head", sometimes)
    monkeypatch.setattr(time, "sleep", lambda seconds: stack.world.reconcile("dev"))

    assert stack.run("revoke", str(V2), "--reason", "wrong law").exit_code == 0
    assert failures == []


def test_ctrl_c_leaves_the_revocation_in_force(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.world.released(1, 2, to="dev")
    stack.serve()

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)

    result = stack.run("revoke", str(V2), "--reason", "wrong law")

    assert result.exit_code == 130
    assert "support-ticket@v2 is revoked, and the environments follow" in result.stderr


def test_unrevoke_makes_a_version_releasable_and_releases_nothing(stack: Stack) -> None:
    stack.world.released(1, 2)
    stack.serve()
    stack.world.revoke(V2)
    before = stack.world.ledgers["dev"].head(PROMPT)

    result = stack.run("unrevoke", str(V2), "--reason", "it was right")
    again = stack.run("unrevoke", str(V2), "--reason", "it was right")

    assert result.stdout == "support-ticket@v2 may be released again. Nothing was released.\n"
    assert again.stdout == "support-ticket@v2 was not revoked.\n"
    assert stack.world.ledgers["dev"].head(PROMPT) == before
    assert stack.world.registry.version(V2).revoked_reason == ""


def test_changes_tell_everything_that_happened_newest_first(stack: Stack) -> None:
    world = stack.world
    world.clock.moment = datetime.now(UTC) - timedelta(hours=3)
    world.released(1, 2)
    world.clock.moment = datetime.now(UTC) - timedelta(minutes=30)
    world.roll_back(reason="wrong severities")
    world.freeze("prod", "incident 7")
    world.revoke(V2, "it insults customers")
    world.ledgers["dev"].note_drift(
        Drift(PROMPT, "v9", "v1", "arn:x:user/mallory", "refused", world.clock.now())
    )

    result = stack.run("changes")

    heads, *rows = result.stdout.splitlines()
    assert heads.split() == ["AT", "ENV", "WHAT", "PROMPT", "VERSION", "BY", "WHY"]
    assert [row.split()[2:4] for row in rows] == [
        ["dev", "drift"],
        ["all", "revoke"],
        ["prod", "freeze"],
        ["dev", "rollback"],
    ]
    assert "v2 → v1" in rows[3]
    assert rows[3].split()[-3:] == ["carol", "wrong", "severities"]
    assert "mallory  refused: the pointer was 'v9', expected v1" in rows[0]


def test_changes_reach_as_far_back_as_asked_and_no_further(stack: Stack) -> None:
    world = stack.world
    world.clock.moment = datetime.now(UTC) - timedelta(hours=3)
    world.released(1)
    world.clock.moment = datetime.now(UTC) - timedelta(minutes=30)
    world.release(world.publish(2))
    world.revoke(V1)

    def kinds(since: str) -> list[str]:
        return [
            item["kind"] for item in stack.document("changes", "--since", since, "--env", "dev")["changes"]
        ]

    assert kinds("1m") == []
    assert kinds("1h") == ["revoke", "promote"]
    assert kinds("4h") == ["revoke", "promote", "promote"]


def test_a_revocation_taken_back_is_a_change_too(stack: Stack) -> None:
    stack.world.clock.moment = datetime.now(UTC) - timedelta(minutes=1)
    stack.serve()
    stack.world.publish(1)
    stack.run("revoke", str(V1), "--reason", "wrong law")
    stack.run("unrevoke", str(V1), "--reason", "right law")

    found = stack.document("changes")["changes"]

    assert [(item["kind"], item["why"]) for item in found] == [
        ("unrevoke", "right law"),
        ("revoke", "wrong law"),
    ]


def test_changes_of_a_long_incident_are_all_told(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promptops.cli.recent.FIRST_READ", 2)
    stack.world.clock.moment = datetime.now(UTC) - timedelta(minutes=1)
    stack.world.released(1, 2)
    for version in ("v1", "v2", "v1"):
        stack.world.roll_back(to=version)

    assert len(stack.document("changes")["changes"]) == 5


def test_only_prompts_that_moved_are_looked_at(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    world = stack.world
    world.clock.moment = datetime.now(UTC) - timedelta(hours=3)
    world.release(world.publish(prompt_id="long-at-rest"))
    world.clock.moment = datetime.now(UTC) - timedelta(minutes=30)
    world.released(1)
    dev = world.ledgers["dev"]
    read, asked = dev.releases, list[str]()

    def counted(prompt_id: str, limit: int = 50) -> Any:
        asked.append(prompt_id)
        return read(prompt_id, limit)

    monkeypatch.setattr(dev, "releases", counted)

    assert len(stack.document("changes", "--env", "dev")["changes"]) == 1
    assert asked == [PROMPT]


def test_a_quiet_hour_says_so(stack: Stack) -> None:
    result = stack.run("changes")

    assert result.exit_code == 0
    assert result.stdout.startswith("Nothing changed since 20")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", "2026-03-01T09:58:30.000000Z"),
        ("30m", "2026-03-01T09:30:00.000000Z"),
        ("2d", "2026-02-27T10:00:00.000000Z"),
        ("2026-03-01", "2026-03-01T00:00:00.000000Z"),
        ("2026-03-01T08:15Z", "2026-03-01T08:15:00.000000Z"),
        ("2026-03-01T08:15+02:00", "2026-03-01T06:15:00.000000Z"),
    ],
)
def test_a_moment_can_be_typed_in_these_ways(text: str, moment: str) -> None:
    assert moment_of(text, datetime(2026, 3, 1, 10, tzinfo=UTC)) == moment


@pytest.mark.parametrize(
    "text", ["", "1", "h", "1 h", "yesterday", "-1h", "999999w", "2026-13-01", "2026-04-01"]
)
def test_other_texts_are_no_moment(text: str) -> None:
    with pytest.raises(InvalidUsage, match="--since"):
        moment_of(text, datetime(2026, 3, 1, 10, tzinfo=UTC))
