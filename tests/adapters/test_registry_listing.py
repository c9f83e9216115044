"""Labels, listings, revocations and marks of the registry against DynamoDB's own answers, in process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from promptops.aws.dynamodb_items import value
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.dynamodb_registry_rows import key_item
from promptops.contract.names import RegistryKeys
from promptops.domain.errors import Conflict, Immutable, PromptOpsError, Throttled, UnreadableRow
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.restriction import Restriction, RestrictionKind, next_restriction
from promptops.domain.version import VersionRecord
from tests.adapters.ledger_tables import record
from tests.adapters.registry_table import create_registry_table

ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")
REF = PromptRef("support-ticket", 1)


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        made = boto3.client("dynamodb", "us-east-1")
        create_registry_table(made)
        yield made


@pytest.fixture
def registry(client: Any) -> DynamoDbRegistry:
    return DynamoDbRegistry("registry", client, sleep=lambda _: None)


def published(registry: DynamoDbRegistry, prompt_id: str, **changes: Any) -> VersionRecord:
    """The next version of this prompt."""
    family = registry.family(prompt_id)
    made = replace(record(prompt_id, family.latest + 1 if family else 1), **changes)
    assert registry.commit(made, after=family)
    return made


def ids(registry: DynamoDbRegistry, **query: Any) -> list[str]:
    return [family.prompt_id for family in registry.families(**query).items]


def test_a_label_finds_its_version_and_no_other_prompts(registry):
    published(registry, "support-ticket", label="2.2.0")

    assert registry.labelled("support-ticket", "2.2.0") == REF
    assert registry.labelled("support-ticket", "2.2.1") is None
    assert registry.labelled("refund-policy", "2.2.0") is None
    assert registry.version(REF).label == "2.2.0"


def test_a_label_names_one_version_for_ever(registry):
    published(registry, "support-ticket", label="2.2.0", sha256="ab" * 32)
    second = replace(record("support-ticket", 2), label="2.2.0", sha256="cd" * 32)

    with pytest.raises(
        Immutable, match=r"label 2\.2\.0 is v1 \(sha256:abababababab…\), yours is cdcdcdcdcdcd"
    ):
        registry.commit(second, after=registry.family("support-ticket"))

    assert registry.family("support-ticket").latest == 1
    assert registry.labelled("support-ticket", "2.2.0") == REF


def test_a_commit_with_a_label_whose_reply_was_lost_is_ours(registry):
    first = published(registry, "support-ticket", label="2.2.0")

    assert registry.commit(first, after=None)


def cancelled(*codes: str) -> dict[str, Any]:
    reasons = [{"Code": code} for code in codes]
    return {
        "service_error_code": "TransactionCanceledException",
        "modeled_fields": {"CancellationReasons": reasons},
    }


def test_a_publish_in_the_way_of_another_is_tried_again(client):
    busy = cancelled("None", "TransactionConflict", "None")
    stubber = Stubber(client)
    for answer in (busy, busy, None):
        if answer:
            stubber.add_client_error("transact_write_items", **answer)
            stubber.add_response("get_item", {})
        else:
            stubber.add_response("transact_write_items", {})
    with stubber:
        registry = DynamoDbRegistry("registry", client, sleep=lambda _: None)
        assert registry.commit(record("support-ticket", 1), after=None)
    stubber.assert_no_pending_responses()

    for _ in range(6):
        stubber.add_client_error("transact_write_items", **busy)
        stubber.add_response("get_item", {})
    with stubber, pytest.raises(Throttled, match="support-ticket is being published by others"):
        registry.commit(record("support-ticket", 1), after=None)


def test_families_are_listed_in_order_page_by_page(registry):
    for prompt_id in ("refund-policy", "aa", "support-ticket", "support", "billing-2"):
        published(registry, prompt_id)

    first = registry.families(limit=2)
    second = registry.families(limit=2, after=first.next)
    third = registry.families(limit=2, after=second.next)

    assert [family.prompt_id for page in (first, second, third) for family in page.items] == [
        "aa",
        "billing-2",
        "refund-policy",
        "support",
        "support-ticket",
    ]
    assert (first.next, second.next, third.next) == ("billing-2", "support", "")


def test_a_page_that_is_exactly_full_is_the_last_one(registry):
    for prompt_id in ("aa", "bb"):
        published(registry, prompt_id)

    assert registry.families(limit=2).next == ""


def test_families_are_found_by_owner_tag_and_beginning(registry):
    published(registry, "support-ticket", owner="ml-platform", tags=("support", "triage"))
    published(registry, "support-reply", owner="support", tags=("support",))
    published(registry, "refund-policy", owner="support", tags=("billing",))

    assert ids(registry, owner="support") == ["refund-policy", "support-reply"]
    assert ids(registry, tag="support") == ["support-reply", "support-ticket"]
    assert ids(registry, owner="support", tag="support") == ["support-reply"]
    assert ids(registry, prefix="support-") == ["support-reply", "support-ticket"]
    assert ids(registry, prefix="support-", after="support-reply") == ["support-ticket"]
    assert ids(registry, prefix="refund", after="support-reply") == []
    assert ids(registry, owner="nobody") == ids(registry, tag="none") == []


def indexed(client: Any) -> set[tuple[str, str]]:
    """What the index holds, seen without what is read after it."""
    items = client.scan(TableName="registry", IndexName=RegistryKeys.LISTING)["Items"]
    return {(item["prompt_id"]["S"], item["listed"]["S"]) for item in items}


def test_owner_and_tags_are_those_of_the_newest_version(registry, client):
    published(registry, "support-ticket", owner="ml-platform", tags=("old", "kept"))
    published(registry, "support-ticket", owner="support", tags=("kept", "new"))

    found = {name: ids(registry, tag=name) for name in ("old", "kept", "new")}

    assert found == {"old": [], "kept": ["support-ticket"], "new": ["support-ticket"]}
    assert ids(registry, owner="ml-platform") == []
    assert ids(registry, owner="support") == ["support-ticket"]
    listed = ("all", "owner#support", "tag#kept", "tag#new")
    assert indexed(client) == {("support-ticket", name) for name in listed}

    published(registry, "support-ticket", owner="support", tags=("old",))
    assert ids(registry, tag="old") == ["support-ticket"]


def test_what_the_index_says_too_late_is_left_out_and_the_page_is_full_all_the_same(registry, client):
    for prompt_id in ("aa", "bb", "cc"):
        published(registry, prompt_id, tags=("support",))
    published(registry, "aa", tags=())
    # The index has not caught up: it still lists aa.
    key = {"prompt_id": value("aa"), "version": value("tag#support")}
    client.update_item(
        TableName="registry",
        Key=key,
        UpdateExpression="SET listed = :tag",
        ExpressionAttributeValues={":tag": value("tag#support")},
    )

    assert ids(registry, tag="support", limit=2) == ["bb", "cc"]
    first = registry.families(tag="support", limit=1)
    assert ([family.prompt_id for family in first.items], first.next) == (["bb"], "bb")


def test_a_family_says_what_its_newest_version_says(registry):
    published(registry, "support-ticket", owner="ml-platform", tags=("a", "b"), description="Triage.")

    (family,) = registry.families().items

    assert family == registry.family("support-ticket")
    assert (family.owner, family.tags, family.description, family.latest, family.archived) == (
        "ml-platform",
        ("a", "b"),
        "Triage.",
        1,
        0,
    )


def test_many_records_come_in_few_calls(registry, client):
    made = [published(registry, "support-ticket") for _ in range(130)]
    calls: list[str] = []
    client.meta.events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name))

    found = registry.records([*(made.ref for made in made), PromptRef("support-ticket", 999), REF])

    assert found == {record.ref: record for record in made}
    assert calls == ["BatchGetItem", "BatchGetItem"]


def test_keys_that_dynamodb_did_not_get_to_are_asked_again(registry, client):
    first, second = published(registry, "support-ticket"), published(registry, "support-ticket")
    rest = {"registry": {"Keys": [{"prompt_id": value("support-ticket"), "version": value("v000002")}]}}
    items = client.scan(TableName="registry")["Items"]
    rows = {item["version"]["S"]: item for item in items}
    stubber = Stubber(client)
    stubber.add_response(
        "batch_get_item", {"Responses": {"registry": [rows["v000001"]]}, "UnprocessedKeys": rest}
    )
    stubber.add_response(
        "batch_get_item",
        {"Responses": {"registry": [rows["v000002"]]}, "UnprocessedKeys": {}},
        {"RequestItems": rest},
    )

    with stubber:
        found = registry.records([first.ref, second.ref])

    assert found == {first.ref: first, second.ref: second}


def a_revocation(
    registry: DynamoDbRegistry, reason: str, *, kind: RestrictionKind = "revoke", version: int = 1
) -> Restriction:
    last = next(iter(registry.restrictions("support-ticket")), None)
    return next_restriction(
        "support-ticket", last, kind=kind, actor=ALICE, reason=reason, at="2026-03-01", version=version
    )


def test_a_revocation_is_logged_marks_the_version_and_is_in_force_at_once(registry):
    published(registry, "support-ticket")
    published(registry, "support-ticket")
    entry = a_revocation(registry, "it insults customers")

    registry.restrict(entry)

    assert registry.version(REF).revoked_reason == "it insults customers"
    assert registry.version(PromptRef("support-ticket", 2)).revoked_reason == ""
    assert list(registry.restrictions("support-ticket")) == list(registry.revocations()) == [entry]
    assert registry.family("support-ticket").latest == 2


def test_a_revocation_taken_back_is_in_force_no_more_and_both_are_in_the_log(registry):
    published(registry, "support-ticket")
    revoked = a_revocation(registry, "it insults customers")
    registry.restrict(revoked)
    back = a_revocation(registry, "it was the other one", kind="unrevoke")

    registry.restrict(back)

    assert registry.version(REF).revoked_reason == ""
    assert list(registry.restrictions("support-ticket")) == [back, revoked]
    assert list(registry.revocations()) == []
    assert list(registry.last_restrictions()) == [back]
    assert back.previous_chain == revoked.chain


def test_of_two_revocations_at_once_one_is_told_to_look_again(registry):
    published(registry, "support-ticket")
    published(registry, "support-ticket")
    first, second = a_revocation(registry, "one"), a_revocation(registry, "two", version=2)
    registry.restrict(first)

    with pytest.raises(Conflict, match="the log of support-ticket is not at entry 0 any more"):
        registry.restrict(second)

    assert registry.version(PromptRef("support-ticket", 2)).revoked_reason == ""
    assert list(registry.revocations()) == [first]


@pytest.mark.parametrize(
    "attributes",
    [{}, {"entry": {"S": "{"}}, {"entry": {"N": "7"}}, {"entry": {"S": '{"scope": "support-ticket"}'}}],
    ids=["none", "no JSON", "a number", "half"],
)
def test_a_revocation_that_cannot_be_read_is_told_and_the_others_are_in_force(registry, client, attributes):
    published(registry, "support-ticket")
    entry = a_revocation(registry, "it insults customers")
    registry.restrict(entry)
    key = key_item(RegistryKeys.revoked("refund-policy", 1))
    client.put_item(TableName="registry", Item={**key, **attributes})
    told: list[PromptOpsError] = []

    assert list(registry.revocations(told.append)) == [entry]

    assert "refund-policy" in str(told[0])
    with pytest.raises(UnreadableRow):
        registry.revocations()


def test_an_entry_of_the_log_is_never_written_over_even_if_its_count_is_wrong(registry, client):
    published(registry, "support-ticket")
    entry = a_revocation(registry, "it insults customers")
    registry.restrict(entry)
    key = {"prompt_id": value("support-ticket"), "version": value("family")}
    client.update_item(TableName="registry", Key=key, UpdateExpression="REMOVE restrictions")

    with pytest.raises(Conflict):
        registry.restrict(replace(entry, reason="another"))

    assert list(registry.restrictions("support-ticket")) == [entry]


def test_a_revocation_whose_reply_was_lost_is_recognised_as_ours(registry):
    published(registry, "support-ticket")
    entry = a_revocation(registry, "it insults customers")
    registry.restrict(entry)

    registry.restrict(entry)

    assert list(registry.restrictions("support-ticket")) == [entry]


def test_publishing_goes_on_after_a_revocation(registry):
    published(registry, "support-ticket")
    registry.restrict(a_revocation(registry, "it insults customers"))

    published(registry, "support-ticket")
    registry.restrict(a_revocation(registry, "this too", version=2))

    assert [entry.sequence for entry in registry.restrictions("support-ticket")] == [2, 1]


def test_a_revocation_touches_only_what_its_role_may_touch(registry, client):
    published(registry, "support-ticket")
    asked: list[Any] = []
    client.meta.events.register(
        "before-parameter-build.dynamodb.TransactWriteItems",
        lambda params, **_: asked.extend(params["TransactItems"]),
    )

    registry.restrict(a_revocation(registry, "it insults customers"))

    assert [list(item) for item in asked] == [["Update"]] * 4
    texts = " ".join(
        f"{item['Update']['UpdateExpression']} {item['Update'].get('ConditionExpression', '')}"
        for item in asked
    )
    for word in ("latest", "document", "sha256", "listed", "evidence"):
        assert word not in texts


def test_a_mark_of_the_archive_only_rises(registry):
    for _ in range(3):
        published(registry, "support-ticket")

    for version in (2, 1, 3, 2):
        registry.mark_archived("support-ticket", version)

    assert registry.family("support-ticket").archived == 3
    published(registry, "support-ticket")
    assert (registry.family("support-ticket").latest, registry.family("support-ticket").archived) == (4, 3)


def test_a_mark_makes_no_family(registry):
    registry.mark_archived("never-published", 1)

    assert registry.family("never-published") is None
