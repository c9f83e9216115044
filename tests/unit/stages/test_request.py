from __future__ import annotations

import pytest

from promptops.contract.answers import Requested, Unchanged
from promptops.domain.errors import (
    EndpointDown,
    Frozen,
    InvalidReason,
    MalformedRequest,
    Revoked,
    UnknownEnvironment,
    UnknownVersion,
)
from promptops.domain.identifiers import PromptRef
from tests.unit.release_world import ALICE, PROMPT, World


def test_a_request_binds_what_it_was_made_for_and_starts_its_workflow():
    world = World()
    record = world.publish()

    answer = world.ask(record.ref, to="prod")

    assert isinstance(answer, Requested)
    stored = world.ledgers["prod"].request(answer.request_id)
    assert (stored.sha256, stored.policy_sha256) == (record.sha256, record.policy.digest())
    assert (stored.base_revision, stored.actor, stored.reason) == (0, ALICE, "better answers")
    assert stored.execution_arn == answer.execution_arn
    assert world.workflow.started == [answer.request_id]


def test_the_way_to_prod_walks_the_environments_that_lack_the_version():
    world = World()
    record = world.publish()

    first = world.ask(record.ref, to="prod")
    world.release(record, to="dev")
    second = world.ask(record.ref, to="prod")

    assert isinstance(first, Requested)
    assert isinstance(second, Requested)
    assert first.path == ["dev", "staging", "prod"]
    assert second.path == ["staging", "prod"]


def test_asking_for_what_is_live_changes_nothing():
    world = World()
    world.released(1)

    answer = world.ask(PromptRef(PROMPT, 1), to="dev")

    assert answer == Unchanged("dev", PROMPT, 1, revision=1)
    assert len(world.ledgers["dev"].requests) == 1


def test_an_evaluation_of_what_is_live_can_be_asked_for():
    world = World()
    world.released(1)

    answer = world.ask(PromptRef(PROMPT, 1), to="dev", kind="evaluate")

    assert isinstance(answer, Requested)
    assert answer.path == []


def test_an_evaluation_names_where_it_compares_and_how_much_it_asks():
    world = World()
    record = world.publish()

    answer = world.ask(record.ref, to="dev", kind="evaluate", against="prod", full=True)

    assert isinstance(answer, Requested)
    stored = world.ledgers["dev"].request(answer.request_id)
    assert (stored.against, stored.compared_in, stored.full, stored.reason) == ("prod", "prod", True, "")


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [({"against": "nowhere"}, UnknownEnvironment), ({"against": 7}, UnknownEnvironment),
     ({"full": "yes"}, MalformedRequest)],
)  # fmt: skip
def test_an_evaluation_that_makes_no_sense_is_refused_before_anything_is_stored(asked, refusal):
    world = World()
    record = world.publish()

    with pytest.raises(refusal):
        world.ask(record.ref, to="dev", kind="evaluate", **asked)

    assert world.ledgers["dev"].requests == {}
    assert world.workflow.started == []


def test_a_promotion_compares_with_what_is_live_where_it_leads():
    world = World()
    record = world.publish()

    answer = world.ask(record.ref, to="prod")

    assert isinstance(answer, Requested)
    assert world.ledgers["prod"].request(answer.request_id).compared_in == "prod"


@pytest.mark.parametrize("reason", ["", "   ", "a\x00b"])
def test_a_promotion_without_a_reason_is_refused(reason):
    world = World()
    record = world.publish()

    with pytest.raises(InvalidReason):
        world.ask(record.ref, to="dev", reason=reason)


def test_unknown_and_revoked_versions_are_refused_before_anything_is_stored():
    world = World()
    record = world.publish()
    world.revoke(record.ref)

    with pytest.raises(Revoked):
        world.ask(record.ref, to="dev")
    with pytest.raises(UnknownVersion):
        world.ask(PromptRef(PROMPT, 9), to="dev")

    assert world.ledgers["dev"].requests == {}


def test_a_freeze_refuses_promotions_and_says_why():
    world = World()
    record = world.publish()
    world.freeze("prod", "black friday")

    with pytest.raises(Frozen, match="black friday"):
        world.ask(record.ref, to="prod")


def test_a_workflow_that_cannot_start_ends_the_request_as_failed():
    world = World()
    record = world.publish()
    world.workflow.down = True

    with pytest.raises(EndpointDown):
        world.ask(record.ref, to="dev")

    (stored,) = world.ledgers["dev"].requests.values()
    assert stored.status == "failed"
    assert stored.error is not None
    assert stored.error["code"] == "E_ENDPOINT"
